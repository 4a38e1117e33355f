"""Words that do not hang on the voice: lessons of a model that is its own teacher."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine.checkpoint import load
from engine.cloning import embed_codes
from engine.models.voxtral import VoxtralModel
from tests.training.conftest import CONFIG, random_sample
from training.codes import load_codes
from training.data.strangers import Foreigner, load_strangers
from training.speech.batches import SampleOptions
from training.speech.init import speech_parameters
from training.speech.lessons import Lessons, LessonSampler
from training.speech.losses import LossOptions
from training.speech.prompts import fixed_prompts
from training.speech.samples import Sample, Vocabulary, collate
from training.speech.steady import Steady, SteadyOptions, states, terms
from training.speech.train import carry_out

BOOKS, GUIDE = CONFIG.num_codebooks, 4


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """Two, whose semantic codes are 20 and 19."""
    codes = [np.full((frames, BOOKS), 20 - n, np.int16) for n, frames in enumerate((50, 40))]
    with (tmp_path / "strangers.npz").open("wb") as file:
        np.savez(file, codes=np.concatenate(codes), frames=[50, 40])
    return tmp_path / "strangers.npz"


def sampler(corpus: Path, codes: Path) -> LessonSampler:
    spoken = [one for one in load_codes(codes, corpus) if one.split == "train"]
    fixed = fixed_prompts(spoken, ["neutral_male"], (6, 8))
    options = SampleOptions(prompt_frames=(3, 40), corrupt=0.0)
    return LessonSampler(spoken, fixed, options, 0, Vocabulary())


def test_who_is_heard(corpus: Path, codes: Path, strangers: Path) -> None:
    """A piece of the speaker's own reference, which the teacher has whole; a stranger; a preset's
    own prompt, as it is."""
    made = sampler(corpus, codes)
    known = load_strangers(strangers)
    seen = dict.fromkeys(("piece", "fixed", "stranger"), 0)
    for _ in range(40):
        for chosen in made.spoken:
            read, longer = made._lesson(chosen, known)
            assert [part.text for part in read.parts] == [part.text for part in longer.parts]
            if made._is_fixed(read):
                seen["fixed"] += 1
                assert read is longer
            elif read is not longer:
                seen["piece"] += 1
                rows = {row.tobytes() for row in np.asarray(longer.prompt)}
                assert rows.issuperset(row.tobytes() for row in np.asarray(read.prompt))
                assert len(read.prompt) <= len(longer.prompt)
            else:
                seen["stranger"] += 1
                top = read.prompt.max(0)
                assert read.prompt.min() >= 0
                assert (top[1:] < made.options.levels).all()
    assert min(seen.values()) > 20
    assert seen["stranger"] == pytest.approx(0.6 * sum(seen.values()), rel=0.15)


def test_the_history_sounds_like_the_reference(corpus: Path, codes: Path) -> None:
    made, random = sampler(corpus, codes), np.random.default_rng(0)
    sample = random_sample(random, b"Hello.", 5, 60)
    sample.parts[0].heard[::7, 0] = -1
    wanted = random.integers(8, 12, (50, BOOKS))
    found = [made._after(sample, wanted) for _ in range(20)]
    changed = [one for one in found if one.parts[0] is not sample.parts[0]]
    assert 8 < len(changed) < 20
    for one in changed:
        heard, known = one.parts[0].heard, one.parts[0].heard[:, 0] >= 0
        assert (heard[~known] == sample.parts[0].heard[~known]).all()
        assert (heard[:, 0] == sample.parts[0].heard[:, 0]).all()  # the words stay
        assert np.abs(heard[known, 1:].mean(0) - wanted[:, 1:].mean(0)).max() < 0.6
        assert heard[known, 1:].std(0).mean() < 3 < sample.parts[0].heard[:, 1:].std(0).mean()
        assert one.parts[0].target is sample.parts[0].target


def lessons(read: list[Sample], longer: list[Sample] | None = None, led: bool = True) -> Lessons:
    blank = np.zeros((GUIDE, BOOKS), np.int64)
    after = [replace(sample, prompt=blank) for sample in read]
    is_led = torch.tensor([led] * len(read))
    return Lessons(collate(read), collate(longer or read), collate(after), is_led)


def test_nothing_is_to_be_learned_where_nobody_leads(
    model: VoxtralModel, samples: list[Sample]
) -> None:
    guide = torch.randn(GUIDE, CONFIG.backbone.dim, generator=torch.Generator().manual_seed(0))
    loss, seen = terms(model, model, lessons(samples, led=False), guide)
    assert loss.item() == pytest.approx(0, abs=1e-5)
    assert seen["same"] == 1
    loss, seen = terms(model, model, lessons(samples), guide)
    assert seen["apart"] > 1e-4
    assert seen["moved"] == pytest.approx(0, abs=1e-6)
    other = [replace(sample, prompt=sample.prompt[:2]) for sample in samples]
    assert terms(model, model, lessons(other, samples, led=False), guide)[1]["moved"] > 1e-6


def test_presets_in_the_place_of_the_reference_lead(
    model: VoxtralModel, samples: list[Sample]
) -> None:
    """Whoever has the presets' own codes for a reference is led nowhere else."""
    codes = np.random.default_rng(3).integers(0, 21, (GUIDE, BOOKS), np.int16)
    guide = embed_codes(model, codes)[:-1].clone()
    same = [replace(sample, prompt=codes) for sample in samples]
    assert terms(model, model, lessons(same), guide)[1]["apart"] < 1e-6
    by_hand = []
    for prompt in (samples[0].prompt, codes):
        batch = collate([replace(samples[0], prompt=prompt)])
        by_hand.append(states(model, batch))
    head = model.acoustic_transformer
    output = head.semantic_codebook_output.weight[: head.semantic_size]
    own, led = (F.linear(state, output) for state in by_hand)
    wanted = ((own + led) / 2).log_softmax(-1)
    expected = F.kl_div(own.log_softmax(-1), wanted, log_target=True, reduction="none").sum(-1)
    found = terms(model, model, lessons(samples[:1]), guide)[1]["apart"]
    assert found.item() == pytest.approx(expected.mean().item(), rel=1e-3)


def test_a_run_leaves_presets_and_flow_head_alone(
    begun: dict[str, Any], strangers: Path, tmp_path: Path
) -> None:
    options = SteadyOptions(
        **begun,
        budget=400,
        steps=2,
        losses=LossOptions(layers=(0, 1)),
        samples=SampleOptions(prompt_frames=(3, 5)),
        strangers=strangers,
    )
    run = carry_out(options, Steady)
    old = speech_parameters(load(tmp_path / "old", dtype=torch.float32))
    for name, parameter in run.parameters.items():
        stays = name.startswith(("mm_audio", "acoustic_transformer")) and "semantic" not in name
        assert torch.equal(parameter, old[name]) == stays, name
    assert Steady(options).step == 2  # goes on, with its optimisers


def test_english_letters_are_read_as_another_language_has_them() -> None:
    pytest.importorskip("hibari")
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")
    reader = Foreigner()
    found = {}
    for reader.language in ("de", "fi"):
        found[reader.language] = reader.read("The quick brown fox.").symbols
    assert found["de"] != found["fi"]
    assert min(map(len, found.values())) > 10
