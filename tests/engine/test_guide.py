"""Guides of cloned voices: a second reading whose hidden state counts for the semantic code."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine import Engine
from engine.config import SPECIAL_CODES
from engine.generation.loop import seeded_noise
from engine.rendering import Line, Take
from engine.speech import SpeechOptions, Voice
from engine.voices import VoiceRows

TINY = Path(__file__).parents[1] / "golden" / "tiny"
TEXT = "One fish, two fish, and some more. Red fish and blue fish. This one has a star."
OPTIONS = SpeechOptions(seed=3, steps=2, max_chars=40, rows=3)


@pytest.fixture
def guided(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Engine]:
    """The tiny checkpoint with a guide of some weight, and perhaps another guide than its own."""

    def load(weight: float, guide: Tensor | None = None) -> Engine:
        engine = Engine.from_folder(TINY, device="cpu")
        config = replace(engine._config, guide_weight=weight)
        engine._config = engine._model.model_config = config
        if guide is not None:
            monkeypatch.setattr(VoiceRows, "guide", guide)
        return engine

    return load


def clone(engine: Engine, seconds: int = 3) -> Voice:
    noise = np.random.default_rng(seconds).standard_normal(24_000 * seconds).astype(np.float32)
    return engine.clone(0.1 * noise, 24_000)


def codes(engine: Engine, voice: Voice | str | Tensor, options: SpeechOptions = OPTIONS) -> list:
    found: dict[int, list[np.ndarray]] = {}
    for piece in engine.stream(TEXT, voice, options):
        found.setdefault(piece.index, []).append(piece.codes)
    return [np.concatenate(found[index], axis=1).tolist() for index in sorted(found)]


def test_a_guide_in_the_same_voice_changes_nothing(guided: Callable[..., Engine]) -> None:
    plain = guided(0.0)
    voice = clone(plain)
    expected = codes(plain, voice)
    assert codes(guided(0.5), voice) != expected
    assert codes(guided(0.5, plain.rows(voice)), voice) == expected


def test_presets_rows_and_chains_have_no_guide(guided: Callable[..., Engine]) -> None:
    plain, other = guided(0.0), guided(0.5)
    voice = clone(plain)
    assert codes(other, "neutral_female") == codes(plain, "neutral_female")
    assert codes(other, plain.rows(voice)) == codes(plain, plain.rows(voice))
    chained = replace(OPTIONS, context="chunks")
    assert codes(other, voice, chained) == codes(plain, voice, chained)
    assert other.guide(chained) is plain.guide(OPTIONS) is None


def test_the_guide_is_all_presets_that_a_reference_has_room_for(
    guided: Callable[..., Engine],
) -> None:
    engine = guided(0.5)
    first, second = map(engine.rows, engine.voices[:2])
    guide = engine.guide(OPTIONS)
    assert guide is not None
    assert torch.equal(guide[: len(first) - 1], first[:-1])
    assert torch.equal(guide[len(first) - 1 :][: len(second) - 1], second[:-1])
    assert torch.equal(guide[-1], first[-1])  # the END row
    short = guided(0.5)
    seconds = (len(first) + 1) / short.frame_rate
    short._model.model_config = replace(short._config, max_voice_seconds=seconds)
    found = short.guide(OPTIONS)
    assert found is not None
    assert torch.equal(found, first)


def test_rows_that_clones_and_presets_share(guided: Callable[..., Engine]) -> None:
    """Each line as alone, whoever had its row before: guided or not, kept or spoken again. Random
    weights never end, so that the second attempt of each is among these."""
    engine = guided(0.5)
    voices: dict[str, str | Voice | None] = {"a": clone(engine, 1), "b": clone(engine, 3)}
    voices |= {"c": "neutral_female"}
    chains = [[Line(f"{n}", f"Line {n} of the fish.", "acb"[n % 3])] for n in range(6)]
    chains.append([Line("x", "One chain.", "a"), Line("y", "It goes on.", "a")])

    def run(some: list[list[Line]], rows: int) -> dict[str, list]:
        heard: list[str] = []

        def twice(take: Take) -> Take | None:
            heard.append(take.line.name)
            return take if heard.count(take.line.name) > 1 else None

        options = replace(OPTIONS, rows=rows)
        return {t.line.name: t.codes.tolist() for t in engine.render(some, voices, options, twice)}

    alone = {name: said for chain in chains for name, said in run([chain], 1).items()}
    assert len(alone) == 8
    assert run(chains, 3) == run(chains[::-1], 2) == alone
    begun = replace(chains[-1][0], codes=np.array(alone["x"], np.int16))
    assert run([[begun, chains[-1][1]], *chains[:2]], 2)["y"] == alone["y"]


def test_a_guide_of_all_weight(guided: Callable[..., Engine]) -> None:
    """Semantic codes are those that a reading of the guide's prompt and the same frames would say,
    acoustic ones those of a reading of the voice's own."""
    engine = guided(1.0)
    voice = clone(engine)
    spoken = torch.tensor(codes(engine, voice)[0]).T[:20] + SPECIAL_CODES
    model, text = engine._model, engine.plan(TEXT, OPTIONS)[0].text
    head, noise = model.acoustic_transformer, seeded_noise(OPTIONS.seed, 36)
    prompts = {"guide": engine.guide(OPTIONS), "own": engine.rows(voice)}
    speaker = engine._speaker(prompts, OPTIONS)
    with torch.inference_mode():
        frames = model.mm_audio_embeddings.audio_codebook_embeddings(spoken)
        hidden = {}
        for name in prompts:
            prompt = torch.cat(speaker.embed(text, name))
            read = model(torch.cat([prompt, frames]).unsqueeze(0))[0]
            hidden[name] = read[len(prompt) - 1 : -1]
        assert torch.equal(head.semantic_logits(hidden["guide"], True).argmax(-1), spoken[:, 0])
        draws = noise(speaker.chunk(0, text))
        start = torch.stack([next(draws) for _ in spoken])
        cfg = torch.full((len(spoken),), engine.flow(OPTIONS).cfg)
        said = head(hidden["own"], start, cfg, OPTIONS.steps, True)
    assert (said[:, 1:] == spoken[:, 1:]).float().mean() > 0.99  # whole readings round otherwise


def test_a_clone_shorter_than_its_guide_has_room(guided: Callable[..., Engine]) -> None:
    engine = guided(0.5, torch.cat([guided(0.0).rows("neutral_female")] * 8))
    assert len(codes(engine, clone(engine, 1), replace(OPTIONS, rows=1))) == 3
