"""Judges of codes, and a model that learns from what they hear."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.checkpoint import load
from engine.config import SPECIAL_CODES
from engine.errors import InputError
from engine.models.voxtral import VoxtralModel
from tests.training.conftest import CONFIG, random_part, random_sample
from training.loop import load_state, save_state
from training.speech import judged
from training.speech.batches import SampleOptions
from training.speech.init import speech_parameters
from training.speech.judged import Judged, JudgedOptions, said, take, with_history
from training.speech.judges import Judges, JudgesOptions, load_judges, main, train_judges
from training.speech.prompts import IGNORED
from training.speech.samples import ROWS, Sample, collate
from training.speech.steady import command
from training.speech.train import carry_out

LOWEST = 1, 6, 11, 16
"""Acoustic code of each stranger."""
BOOKS = CONFIG.num_codebooks
SIZES = CONFIG.codec.semantic_codebook_size, CONFIG.codec.acoustic_dim


@pytest.fixture
def judges() -> Judges:
    torch.manual_seed(0)
    return Judges(*SIZES).eval().requires_grad_(False)


@pytest.fixture
def strangers(tmp_path: Path) -> Path:
    """Each has values of its own range."""
    random = np.random.default_rng(0)
    codes = [random.integers(low, low + 4, (90, BOOKS), np.int16) for low in LOWEST]
    with (tmp_path / "strangers.npz").open("wb") as file:
        np.savez(file, codes=np.concatenate(codes), frames=[90] * 4)
    return tmp_path / "strangers.npz"


@pytest.fixture
def written(judges: Judges, tmp_path: Path) -> Path:
    save_state(tmp_path / "judges.pt", {"sizes": judges.sizes, "judges": judges.state_dict()})
    return tmp_path / "judges.pt"


def test_judges_hear_no_padding(judges: Judges) -> None:
    values, semantic = torch.randn(2, 40, SIZES[1]), torch.randint(SIZES[0], (2, 40))
    known = torch.arange(40) < torch.tensor([[40], [23]])
    voices, phones = judges.voices(values, semantic, known), judges.phones(values, known)
    short = values[1:, :23], semantic[1:, :23], known[1:, :23]
    torch.testing.assert_close(voices[1:], judges.voices(*short))
    torch.testing.assert_close(phones[1:, :23], judges.phones(short[0], short[2]))
    torch.testing.assert_close(voices.norm(dim=-1), torch.ones(2, 2))


def test_judges_learn_who_speaks(corpus: Path, codes: Path, strangers: Path) -> None:
    options = JudgesOptions(corpus, codes, strangers, Path("unused"), Path("unused"), 9, 10)
    judges = train_judges(options, CONFIG.codec)
    random = np.random.default_rng(1)
    said = [random.integers(low, low + 4, (50, SIZES[1])) / 10 - 1 for low in LOWEST * 2]
    values = torch.from_numpy(np.stack(said)).float()
    known = torch.ones(8, 50, dtype=torch.bool)
    voices = judges.voices(values, torch.zeros(8, 50, dtype=torch.long), known)
    for judge in range(2):
        near = voices[:4, judge] @ voices[4:, judge].T
        assert near.argmax(1).tolist() == [0, 1, 2, 3]
    assert judges.phones(values, known).isfinite().all()


def test_judges_are_kept_whole(judges: Judges, written: Path) -> None:
    again = load_judges(written)
    assert again.sizes == judges.sizes
    for name, tensor in judges.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name


def test_what_is_judged_is_what_the_engine_says(model: VoxtralModel) -> None:
    hidden = torch.randn(30, CONFIG.backbone.dim, generator=torch.Generator().manual_seed(1))
    found = said(model, hidden, torch.Generator().manual_seed(2))
    config, head = model.model_config, model.acoustic_transformer
    noise = torch.randn(30, head.acoustic_dim, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        path = head.trajectory(
            hidden, config.temperature * noise, torch.full((30,), config.cfg), config.steps
        )
    torch.testing.assert_close(found.detach(), path[-1].clamp(-1, 1), rtol=1e-4, atol=1e-4)
    assert found.requires_grad


def test_frames_are_taken_with_what_is_spoken_in_them(samples: list[Sample]) -> None:
    random = np.random.default_rng(2)
    long = [random_sample(random, b"Long.", 4, frames) for frames in (30, 26, 40)]
    batch = collate([samples[0], *long])
    known = batch.semantic != IGNORED
    chosen = take(batch, [3, 0, 1, 2], most=60)  # the short one is left out; two are enough
    assert (chosen.samples, chosen.sizes) == ([3, 1], [40, 30])
    targets = np.concatenate([long[2].parts[0].target, long[0].parts[0].target])
    np.testing.assert_array_equal(chosen.acoustic, targets[:, 1:])
    np.testing.assert_array_equal(chosen.semantic, targets[:, 0])
    np.testing.assert_array_equal(batch.acoustic[known][chosen.places], targets[:, 1:])
    assert (chosen.phones == 3).all()
    assert take(batch, [0]).samples == []


def test_the_history_is_what_is_given(samples: list[Sample]) -> None:
    random = np.random.default_rng(3)
    part = random_part(random, b"Two.", 7)
    part.heard[2] = -1
    batch = collate([Sample(samples[0].prompt, [samples[0].parts[0], part]), samples[1]])
    count = int((batch.semantic >= SPECIAL_CODES).sum())
    assert count == 9 + 7 + 6
    codes = torch.randint(21, (count, BOOKS - 1)) + SPECIAL_CODES
    made = with_history(batch, codes, ROWS)
    read = torch.cat([made.rows, torch.zeros(1, BOOKS, dtype=torch.long)])[
        (made.inputs - ROWS).clamp(min=0)
    ]
    for name in ("inputs", "query", "semantic", "acoustic"):
        assert torch.equal(getattr(made, name), getattr(batch, name)), name
    for sample, frames, first in ((0, 9, 0), (0, 7, 9), (1, 6, 16)):
        at = batch.query[batch.semantic >= SPECIAL_CODES][first : first + frames] + 1
        silent = read[sample, at][:, 1:].eq(0).all(1)
        assert silent.sum() == (first == 9)
        wanted = codes[first : first + frames]
        assert torch.equal(read[sample, at][~silent][:, 1:], wanted[~silent])
    assert (made.rows[:, 0] == batch.rows[:, 0]).all()  # the words stay
    changed = (made.rows != batch.rows).any(1).sum()
    assert changed == count - 1  # no reference, no END row


def test_a_run_learns_what_judges_hear_and_leaves_presets_alone(
    begun: dict[str, Any],
    strangers: Path,
    written: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judged, "SHORTEST", 3)
    monkeypatch.setattr(judged, "REFERENCE", (10, 300))
    options = JudgedOptions(
        **begun,
        budget=400,
        steps=3,
        curriculum=0.0,
        long_from=0.0,
        samples=SampleOptions(prompt_frames=(30, 80)),
        strangers=strangers,
        judges=written,
    )
    run = carry_out(options, Judged)
    old = speech_parameters(load(tmp_path / "old", dtype=torch.float32))
    for name, parameter in run.parameters.items():
        learns = name.startswith("acoustic_transformer") and "semantic" not in name
        assert torch.equal(parameter, old[name]) != learns, name
    seen = (tmp_path / "run" / "speech.csv").read_text().splitlines()
    row = dict(zip(seen[0].split(","), map(float, seen[-1].split(",")), strict=True))
    assert min(row["voice"], row["words"], row["strange_voice"], row["strange_words"]) > 0
    for name, tensor in load_judges(written).state_dict().items():
        assert torch.equal(run.judges.state_dict()[name], tensor), name
    assert Judged(options).step == 3  # goes on, with its optimisers


def test_judges_of_other_codes_are_refused(
    begun: dict[str, Any], strangers: Path, tmp_path: Path
) -> None:
    other = Judges(SIZES[0] - 1, SIZES[1])
    save_state(tmp_path / "other.pt", {"sizes": other.sizes, "judges": other.state_dict()})
    with pytest.raises(InputError, match="other codes"):
        Judged(JudgedOptions(**begun, strangers=strangers, judges=tmp_path / "other.pt"))


def test_judges_need_known_phones(
    corpus: Path, codes: Path, strangers: Path, tmp_path: Path
) -> None:
    for file in ("codes.npy", "chars.npy", "index.json"):
        (tmp_path / file).write_bytes((codes / file).read_bytes())
    phones = np.load(codes / "phones.npy")
    np.save(tmp_path / "phones.npy", np.full_like(phones, IGNORED))
    options = JudgesOptions(corpus, tmp_path, strangers, Path("unused"), Path("unused"), steps=1)
    with pytest.raises(InputError, match="0 utterances"):
        train_judges(options, CONFIG.codec)


def test_voices_and_words_pull_at_the_flow_head(
    begun: dict[str, Any], strangers: Path, written: Path
) -> None:
    run = Judged(JudgedOptions(**begun, strangers=strangers, judges=written))
    random = np.random.default_rng(4)
    made = [random_sample(random, b"Hello there.", 80, 40) for _ in range(2)]
    chosen = take(collate(made), [0, 1])
    hidden = torch.randn(96, CONFIG.backbone.dim, requires_grad=True)
    voice, words = run.heard(chosen, hidden)
    for loss in (voice, words):
        pulled = torch.autograd.grad(loss, hidden, retain_graph=True)[0]
        assert pulled[chosen.places].abs().sum(1).min() > 0
    other = run.heard(chosen, hidden, [sample.prompt for sample in made])[0]
    assert other.item() != pytest.approx(voice.item(), abs=1e-3)
    unknown = replace(chosen, phones=chosen.phones * 0 + IGNORED)
    assert run.heard(unknown, hidden)[1] == 0
    assert run.heard(take(collate(made), []), hidden) == (0, 0)


def test_what_words_count_for(begun: dict[str, Any], strangers: Path, written: Path) -> None:
    random, losses = np.random.default_rng(5), []
    batch = collate([random_sample(random, b"Hello there.", 80, 40) for _ in range(2)])
    for words in (0.0, 1.0):
        run = Judged(JudgedOptions(**begun, strangers=strangers, judges=written, words=words))
        loss, seen = run.terms(judged.Both(batch, None, ()))
        losses.append(loss.item())
    assert losses[1] - losses[0] == pytest.approx(seen["words"].item(), rel=1e-3)


def test_the_commands_make_a_checkpoint(
    begun: dict[str, Any], strangers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [f"--{name}={begun[name]}" for name in ("corpus", "codes")]
    files += [f"--strangers={strangers}", f"--checkpoint={tmp_path / 'old'}"]
    judged_by = tmp_path / "made" / "judges.pt"
    monkeypatch.setattr("sys.argv", ["judges", *files, f"--out={judged_by}", "--steps=1"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert load_judges(judged_by).sizes == SIZES
    given = [
        "judged",
        *files,
        f"--judges={judged_by}",
        f"--out={tmp_path / 'out'}",
        "--minutes=0.02",
        "--budget=300",
        "--words=0.5",
    ]
    monkeypatch.setattr("sys.argv", given)
    how = {"weights": ("words",)}
    assert command(JudgedOptions, Judged, "Learns.", "strangers", "judges", **how) == 0
    parts = (tmp_path / "old", tmp_path / "out" / "model")
    old, new = (speech_parameters(load(part, dtype=torch.float32)) for part in parts)
    learned = load_state(tmp_path / "out" / "speech.pt")
    assert learned is not None
    moved = 0
    for name, stored in new.items():
        kept = learned["average"][name]
        torch.testing.assert_close(stored, kept, rtol=0.01, atol=1e-4)  # bfloat16
        moved += not torch.equal(stored, old[name])
    assert moved > 5
