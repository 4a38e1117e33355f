"""Chains: samples whose parts go on from one another, as chunks of a long text do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.cloning import voice_codes
from engine.models.cache import KVCache
from engine.models.voxtral import VoxtralModel
from tests.training.conftest import CONFIG, random_part
from training.codes import Spoken
from training.presets import PRESETS
from training.speech.batches import SampleOptions, Sampler
from training.speech.forward import run_backbone
from training.speech.losses import LossOptions, Probe, embed, terms
from training.speech.probe import embed_prompt
from training.speech.prompts import IGNORED
from training.speech.samples import (
    NEXT_AUDIO_TEXT,
    REPEAT_AUDIO_TEXT,
    ROWS,
    Sample,
    collate,
    on_grid,
)
from training.tokenizer import SPECIALS

END_ROW = [1] + [0] * 36


@pytest.fixture
def chain() -> Sample:
    random = np.random.default_rng(0)
    prompt = random.integers(0, 21, (4, CONFIG.num_codebooks), np.int16)
    texts = ((b"One.", 5), (b"And two.", 3), (b"Three", 4))
    return Sample(prompt, [random_part(random, text, frames) for text, frames in texts])


def test_what_is_read_is_the_sequence_built_by_hand(chain: Sample, samples: list[Sample]) -> None:
    rows = [*voice_codes(chain.prompt).tolist()]
    expected: list[int | list[int]] = [1, 25, *rows]
    for part in chain.parts:
        text = [SPECIALS + byte for byte in part.text]
        expected += [NEXT_AUDIO_TEXT, *text, REPEAT_AUDIO_TEXT, 25]
        expected += [*(part.target.astype(int) + 2).tolist(), END_ROW]
    expected.pop()  # nothing is predicted from the last END
    assert len(expected) == chain.length
    for number, batch in ((0, collate([chain])), (1, collate([samples[0], chain]))):
        read = [
            batch.rows[index - ROWS].tolist() if index >= ROWS else index
            for index in batch.inputs[number, : chain.length].tolist()
        ]
        assert read == expected


def test_every_part_is_to_be_said_from_its_own_text(chain: Sample, samples: list[Sample]) -> None:
    """Targets, and the byte that is spoken then, in a batch with shorter samples."""
    batch = collate([samples[1], chain])
    at, done = 2 + len(chain.prompt) + 1, 0
    for part in chain.parts:
        count = len(part.target)
        first = at + 1 + len(part.text) + 1  # its [BEGIN_AUDIO]
        said, with_end = slice(done, done + count), slice(done, done + count + 1)
        assert batch.query[1, with_end].tolist() == list(range(first, first + count + 1))
        assert batch.semantic[1, with_end].tolist() == [*(part.target[:, 0] + 2), 1]
        assert (batch.acoustic[1, said].numpy() == part.target[:, 1:]).all()
        assert (batch.acoustic[1, done + count] == -1).all()
        assert batch.phones[1, with_end].tolist() == [3] * count + [IGNORED]
        assert batch.text[1, with_end].tolist() == [[at + 1, first - 1]] * (count + 1)
        spelled = batch.inputs[1, at + 1 : first - 1] - SPECIALS
        assert bytes(spelled.tolist()) == part.text
        assert batch.chars[1, said].tolist() == pytest.approx(part.chars + at + 1)
        assert batch.chars[1, done + count].isnan()
        at, done = first + 1 + count + 1, done + count + 1
    assert batch.semantic.shape[1] == on_grid(done)
    rest = slice(len(samples[1].parts[0].target) + 1, None)
    assert (batch.semantic[0, rest] == IGNORED).all()
    assert (batch.query[0, rest] == batch.query[0, 0]).all()
    assert (batch.text[0, rest] == batch.text[0, 0]).all()


def test_the_beginning_of_a_chain_is_the_sample_of_its_first_part(
    model: VoxtralModel, chain: Sample
) -> None:
    """Whatever follows: a chain of one part is a plain sample, and longer ones begin with it."""
    first = Sample(chain.prompt, chain.parts[:1])
    whole, alone = collate([chain]), collate([first])
    places, frames = first.length, len(chain.parts[0].target) + 1
    embedded = embed(model, whole)
    assert torch.equal(embedded[:, :places], embed(model, alone)[:, :places])
    for name in ("query", "semantic", "acoustic", "chars", "phones", "text"):
        cut, short = (getattr(batch, name)[:, :frames] for batch in (whole, alone))
        torch.testing.assert_close(cut, short, equal_nan=True, rtol=0, atol=0)
    torch.testing.assert_close(
        run_backbone(model, embedded).hidden[:, :places],
        run_backbone(model, embed(model, alone)).hidden[:, :places],
    )


@torch.no_grad()
def test_cached_is_uncached(model: VoxtralModel, chain: Sample) -> None:
    """The engine's cache, fed prompts in one piece and frames one by one, is in the same states."""
    batch, parts = collate([chain]), model.mm_audio_embeddings
    hidden = run_backbone(model, embed(model, batch)).hidden[0]
    cache = KVCache.allocate(CONFIG.backbone, 2, chain.length + 1, model.norm.weight)
    codebook, done = parts.audio_codebook_embeddings, 0

    def extend(rows: Tensor) -> Tensor:
        return model.extend(rows.unsqueeze(0), cache, [1])[0, -1]

    for number, part in enumerate(chain.parts):
        if number == 0:
            state = extend(embed_prompt(model, part.text.decode(), chain.prompt))
        else:
            ids = [NEXT_AUDIO_TEXT, *(SPECIALS + b for b in part.text), REPEAT_AUDIO_TEXT, 25]
            state = extend(parts.tok_embeddings(torch.tensor(ids)))
        for frame in voice_codes(part.target):  # END last
            torch.testing.assert_close(state, hidden[batch.query[0, done]])
            state = extend(codebook(torch.from_numpy(frame)[None]))
            done += 1
    assert on_grid(done) == batch.query.shape[1]


def test_padding_changes_no_loss(model: VoxtralModel, chain: Sample, samples: list[Sample]) -> None:
    options = LossOptions(layers=(0, 1), drop=0.0)

    def seen(batch: list[Sample]) -> dict[str, float]:
        torch.manual_seed(0)  # of the probe
        probe = Probe(CONFIG.backbone.dim)
        _, values = terms(model, probe, collate(batch), options, 0.0, torch.Generator())
        return {name: float(values[name]) for name in ("off", "phone")}

    both, counts = [chain, samples[0]], [12, 9]
    alone = [seen([sample]) for sample in both]
    for name, value in seen(both).items():
        expected = np.average([values[name] for values in alone], weights=counts)
        assert value == pytest.approx(expected, rel=1e-4), name


def test_a_later_part_learns_to_look_at_its_own_text(model: VoxtralModel, chain: Sample) -> None:
    """The supervision of a part does not ask for characters of another one."""
    probe, options = Probe(CONFIG.backbone.dim), LossOptions(layers=(0, 1))
    batch = collate([chain])
    other = batch.text.clone()
    other[:, :] = other[0, 0].clone()  # as if all were spoken from the first text
    wrong = replace(batch, text=other)
    right, off = (
        terms(model, probe, b, options, 0.0, torch.Generator())[1]["off"] for b in (batch, wrong)
    )
    assert right.isfinite()
    assert off > 2 * right


class TestSampler:
    def spoken(self) -> list[Spoken]:
        random = np.random.default_rng(0)
        made = []
        for n in range(60):
            frames = 10 + n
            codes = random.integers(0, 21, (frames, 37)).astype(np.int16)
            codes[:, 0] = n  # tells whose frame it is
            chars = np.linspace(0, 4 + n, frames, dtype=np.float16)
            phones, text = np.full(frames, n % 5, np.int16), chr(65 + n % 26) * (5 + n)
            made.append(Spoken(text, f"p{n % 2}", "train", codes, chars, phones))
        return made

    def test_the_parts_are_utterances_of_the_speaker_and_none_twice(self) -> None:
        spoken = self.spoken()
        options = SampleOptions(prompt_frames=(8, 12), chain_chars=150, corrupt=0.0)
        sampler = Sampler(spoken, {}, options, seed=0)
        counts = []
        for n in range(40):
            sample = sampler.chain(spoken[n])
            numbers = [int(part.target[0, 0]) for part in sample.parts]
            assert numbers[0] == n
            assert len(set(numbers)) == len(numbers)
            assert {number % 2 for number in numbers} == {n % 2}
            assert sum(len(part.text) for part in sample.parts) <= 150
            assert not set(sample.prompt[:, 0].tolist()) & set(numbers)
            for number, part in zip(numbers, sample.parts, strict=True):
                assert part.text.decode() == spoken[number].text
                assert (part.target == spoken[number].codes).all()
                assert (part.heard == part.target).all()
            counts.append(len(numbers))
        assert min(counts) <= 3
        assert max(counts) >= 5

    def test_nano_says_how_long_its_chains_were(self) -> None:
        audio = PRESETS["nano"]["multimodal"]["audio_model_args"]
        assert audio["max_chain_chars"] == SampleOptions().chain_chars
        assert PRESETS["tiny"]["multimodal"]["audio_model_args"]["max_chain_chars"] == 0

    def test_the_history_of_every_part_may_be_corrupted(self) -> None:
        spoken = self.spoken()
        options = SampleOptions(prompt_frames=(8, 12), corrupt=1.0)
        sample = Sampler(spoken, {}, options, seed=0).chain(spoken[20])
        for part in sample.parts:
            number = int(part.target[0, 0])
            assert (part.target == spoken[number].codes).all()
            assert (part.heard != part.target).any()

    def test_a_share_of_the_samples_are_chains_and_batches_stay_in_their_budget(self) -> None:
        def parts(chain: float, longest: int) -> list[int]:
            options = SampleOptions(prompt_frames=(8, 12), chain=chain, chain_chars=150)
            batches = list(Sampler(self.spoken(), {}, options, seed=0).batches(900, longest))
            assert all(b.inputs.numel() <= 900 for b in batches)
            return [int(row.sum()) for b in batches for row in b.semantic == 1]  # ENDs

        assert parts(0.0, 10_000) == [1] * 60
        assert parts(1.0, 40) == [1] * 36  # while only short texts are heard
        assert min(parts(1.0, 10_000)) >= 2
        some = parts(0.3, 10_000)
        assert len(some) == 60
        assert 8 <= sum(count > 1 for count in some) <= 30
