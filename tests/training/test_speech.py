"""Speech training: codes, batches and losses."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.cloning import voice_codes
from engine.models.voxtral import VoxtralModel
from engine.prompt import build_prompt
from engine.tokenizer import Tokenizer
from tests.training.conftest import CONFIG, FRAME, TEXTS
from training.codes import (
    Spoken,
    load_codec,
    load_codes,
    spoken_chars,
)
from training.data.manifest import SAMPLE_RATE, Utterance
from training.data.speakers import style_of, style_values
from training.speech.batches import SampleOptions, Sampler
from training.speech.forward import rotate, run_backbone
from training.speech.init import speech_parameters
from training.speech.losses import LossOptions, Probe, embed, flow_loss, terms
from training.speech.probe import embed_prompt
from training.speech.prompts import IGNORED
from training.speech.samples import ROWS, Sample, Vocabulary, collate, prompt_ids
from training.tokenizer import byte_level_tekken


class TestCodes:
    def test_padding_to_a_batch_changes_no_code_but_of_the_last_frame(
        self, corpus: Path, codec_state: Path, codes: Path
    ) -> None:
        codec, spoken = load_codec(codec_state, "tiny"), load_codes(codes, corpus)
        audio = np.load(corpus / "audio-000.npy")
        count = FRAME * 6 + 100
        alone = codec.encode(torch.from_numpy(audio[None, :count] / 32768).float())[0].T
        assert spoken[0].frames == len(alone) == 7
        np.testing.assert_array_equal(spoken[0].codes[:6], alone[:6])

    def test_the_style_of_a_pseudo_speaker_goes_with_it(self, corpus: Path, codes: Path) -> None:
        spoken = load_codes(codes, corpus)
        np.testing.assert_array_equal(spoken[1].style, style_values(style_of("p0001")))
        batch = collate([Sampler(spoken, {}, SampleOptions(), 0).sample(spoken[1])])
        np.testing.assert_array_equal(batch.style[0], spoken[1].style)

    def test_of_recordings_nobody_knows_the_style(
        self, corpus: Path, codes: Path, tmp_path: Path
    ) -> None:
        entries = [json.loads(s) for s in (corpus / "manifest.jsonl").read_text().splitlines()]
        lines = [json.dumps({**entry, "phones": None}) + "\n" for entry in entries]
        (tmp_path / "manifest.jsonl").write_text("".join(lines))
        assert all(np.isnan(s.style).all() for s in load_codes(codes, tmp_path))

    def test_index_and_arrays_belong_together(self, corpus: Path, codes: Path) -> None:
        spoken = load_codes(codes, corpus)
        assert len(spoken) == 24
        assert [s.text for s in spoken[:4]] == list(TEXTS)
        assert sum(s.frames for s in spoken) == len(np.load(codes / "codes.npy"))
        assert json.loads((codes / "index.json").read_text())[0] == ["u0", 0, 7]

    def test_characters_follow_the_words_and_cross_the_gaps(self) -> None:
        words = ((0, 2, 0.2, 0.4), (4, 8, 0.8, 1.2))
        utterance = Utterance("u", "ab, cdef.", "p", "", 0, int(1.4 * SAMPLE_RATE), "train", words)
        chars = spoken_chars(utterance, 14, 10.0).astype(float)
        assert chars[3] == pytest.approx(1.0, abs=0.01)  # 0.35 s: three quarters of "ab"
        assert 1.5 < chars[5] < 3.5  # 0.55 s: between the words
        assert chars[8] == pytest.approx(4.0, abs=0.01)  # 0.85 s
        assert chars[13] >= 7.4  # after the last word
        assert (np.diff(chars) >= 0).all()

    def test_without_word_times_nothing_is_known(self) -> None:
        utterance = Utterance("u", "ab", "p", "", 0, SAMPLE_RATE, "train")
        assert np.isnan(spoken_chars(utterance, 5, 12.5)).all()


class TestBatch:
    def test_layout_is_that_of_the_engine_prompt(
        self, tmp_path: Path, samples: list[Sample]
    ) -> None:
        path = tmp_path / "tekken.json"
        path.write_text(json.dumps(byte_level_tekken({}, 12.5)))
        tokenizer = Tokenizer.from_file(path)
        batch = collate(samples)
        for n, sample in enumerate(samples):
            text = sample.parts[0].text
            prompt = build_prompt(tokenizer, text.decode(), len(sample.prompt) + 1)
            ids = batch.inputs[n, : batch.query[n, 0] + 1].clone()
            ids[ids >= ROWS] = tokenizer.audio
            assert ids.tolist() == prompt.ids
            rows = [tokenizer.audio] * prompt.audio_rows
            assert prompt_ids(text.decode(), rows, Vocabulary()) == prompt.ids

    def test_each_position_predicts_the_frame_after_it_and_the_last_one_the_end(
        self, samples: list[Sample]
    ) -> None:
        batch = collate(samples)
        for n, sample in enumerate(samples):
            target = sample.parts[0].target
            count = len(target)
            assert batch.query[n, 0] == sample.length - 1 - count
            assert batch.semantic[n, count] == 1
            assert (batch.semantic[n, count + 1 :] == IGNORED).all()
            for frame in range(count):
                assert batch.semantic[n, frame] == target[frame, 0] + 2
                heard = batch.rows[batch.inputs[n, batch.query[n, frame] + 1] - ROWS]
                assert (heard.numpy() == target[frame] + 2).all()
            assert (batch.acoustic[n, count:] == -1).all()

    def test_the_voice_ends_with_its_end_row(self, samples: list[Sample]) -> None:
        batch = collate(samples)
        last = batch.rows[batch.inputs[0, 2 + len(samples[0].prompt)] - ROWS]
        assert last.tolist() == [1] + [0] * 36
        assert (voice_codes(samples[0].prompt)[-1] == last.numpy()).all()

    def test_corruption_changes_what_is_heard_and_no_target(self, samples: list[Sample]) -> None:
        clean = collate(samples)
        part = samples[0].parts[0]
        heard = part.heard.copy()
        heard[[1, 7]], heard[2] = -1, heard[5]
        dirty = collate([Sample(samples[0].prompt, [replace(part, heard=heard)]), samples[1]])
        for name in ("query", "semantic", "acoustic", "chars", "phones", "text"):
            torch.testing.assert_close(
                getattr(dirty, name), getattr(clean, name), equal_nan=True, rtol=0, atol=0
            )
        changed = (clean.inputs != dirty.inputs).nonzero().tolist()
        first = int(clean.query[0, 0]) + 1
        assert changed == [[0, first + 1], [0, first + 7]]
        assert dirty.inputs[0, first + 1] == ROWS + len(clean.rows)  # the zero row
        second = dirty.rows[dirty.inputs[0, first + 2] - ROWS]
        assert (second.numpy() == part.target[5] + 2).all()

    def test_a_corrupted_history_keeps_the_phones(self) -> None:
        random = np.random.default_rng(0)
        codes = random.integers(0, 21, (200, CONFIG.num_codebooks)).astype(np.int16)
        phones = np.arange(200) % 4
        codes[:, 0] = phones * 10 + random.integers(10, size=200)
        spoken = Spoken("Hm.", "a", "train", codes, np.zeros(200, np.float16), phones)
        options = SampleOptions(corrupt=1.0, swap_frames=0.0)
        part = Sampler([spoken, spoken], {}, options, seed=0).sample(spoken).parts[0]
        assert (part.target == codes).all()
        assert 0 < (part.heard[:, 0] != codes[:, 0]).mean() < 0.5
        assert (part.heard[:, 0] // 10 == phones).all()
        shift = np.abs(part.heard[:, 1:] - codes[:, 1:])
        assert 0 < shift.mean() < 10
        assert part.heard[:, 1:].min() >= 0
        assert part.heard[:, 1:].max() <= 20

    def test_rows_are_embedded_as_the_engine_does(
        self, model: VoxtralModel, samples: list[Sample]
    ) -> None:
        batch, sample = collate(samples), samples[1]
        made = embed(model, batch)[1]
        expected = embed_prompt(model, sample.parts[0].text.decode(), sample.prompt)
        torch.testing.assert_close(made[: len(expected)], expected)
        assert (made[sample.length :] == 0).all()

    def test_curriculum_budget_and_prompts(self) -> None:
        random = np.random.default_rng(0)
        spoken = []
        for n in range(40):
            frames = 10 + n
            codes = random.integers(0, 21, (frames, 37)).astype(np.int16)
            codes[:, 0] = n  # tells whose frame it is
            speaker = "casual_male" if n % 2 else "p0001"
            blank = np.zeros(frames, np.float16)
            spoken.append(
                Spoken("x" * (5 + 2 * n), speaker, "train", codes, blank, blank.astype(np.int16))
            )
        fixed = {"casual_male": spoken[31].codes}
        sampler = Sampler(spoken, fixed, SampleOptions(prompt_frames=(8, 12)), seed=0)
        batches = list(sampler.batches(budget=400, longest_chars=45))
        assert sum(len(b.inputs) for b in batches) == 21
        assert all(b.inputs.numel() <= 400 for b in batches)
        assert all((b.text[..., 1] - b.text[..., 0]).max() <= 45 for b in batches)
        prompts = [sampler.sample(spoken[7]).prompt for _ in range(60)]
        own = sum(len(p) == spoken[31].frames for p in prompts)
        assert 15 <= own <= 45
        repeated = [sampler.sample(spoken[31]).prompt for _ in range(20)]
        assert not any(len(p) == spoken[31].frames for p in repeated)
        targets = spoken[3:6]
        said = list(sampler.batches(400, 10_000, targets))
        assert sum(len(b.inputs) for b in said) == 3
        chains = replace(SampleOptions(), chain_chars=30)
        held = Sampler(spoken, fixed, chains, 0, parts=spoken[:8]).chain(spoken[3])
        assert len(held.parts) > 1
        assert {int(part.target[0, 0]) for part in held.parts} <= {1, 3, 5, 7}
        assert all(p[0, 0] != 7 and p[0, 0] % 2 == 1 for p in prompts)
        all_others = Sampler(spoken[:8], {}, SampleOptions(prompt_frames=(900, 900)), seed=0)
        longest = all_others.sample(spoken[2]).prompt[:, 0]
        assert Counter(longest.tolist()) == {0: 10, 4: 14, 6: 16}
        joined = sampler.sample(spoken[3], joined=True).parts[0]
        assert joined.text.startswith(b"x" * 11 + b" x")
        assert len(joined.chars) == len(joined.target)


class TestLosses:
    def test_rotation_is_the_same_without_complex_numbers(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pairs, turns = torch.randn(2, 5, 3, 4, 2), torch.randn(5, 1, 4, 2)
        complex_ones = rotate(pairs, turns)
        monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
        torch.testing.assert_close(rotate(pairs, turns), complex_ones)

    def test_bfloat16_changes_the_losses_little(
        self, model: VoxtralModel, samples: list[Sample]
    ) -> None:
        probe, batch = Probe(CONFIG.backbone.dim), collate(samples)
        seen = []
        for reduced in (False, True):
            generator = torch.Generator().manual_seed(0)
            with torch.autocast("cpu", torch.bfloat16, enabled=reduced):
                losses, _ = terms(model, probe, batch, LossOptions(layers=(0, 1)), 0.5, generator)
            seen.append(torch.stack(list(losses.values())))
        assert seen[1].dtype == torch.float32
        torch.testing.assert_close(seen[1], seen[0], rtol=0.02, atol=0.02)

    def test_the_fused_forward_is_the_backbone(self, model: VoxtralModel) -> None:
        x = torch.randn(2, 19, CONFIG.backbone.dim)
        passed = run_backbone(model, x, layers=(0, 1), heads=2)
        torch.testing.assert_close(passed.hidden, model(x))
        assert [q.shape for q, _ in passed.heads] == [(2, 2, 19, 16)] * 2

    def test_gradient_reaches_all_parameters(
        self, model: VoxtralModel, samples: list[Sample]
    ) -> None:
        probe = Probe(CONFIG.backbone.dim)
        options = LossOptions(layers=(0, 1))
        losses, _ = terms(model, probe, collate(samples), options, 0.0, torch.Generator())
        model.zero_grad()
        torch.stack(list(losses.values())).sum().backward()
        for name, parameter in [*speech_parameters(model).items(), *probe.named_parameters()]:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.abs().sum() > 0, name

    def test_padding_changes_no_loss(self, model: VoxtralModel, samples: list[Sample]) -> None:
        options = LossOptions(layers=(0, 1), drop=0.0)

        def off(batch: list[Sample]) -> float:
            probe = Probe(CONFIG.backbone.dim)
            _, seen = terms(model, probe, collate(batch), options, 0.0, torch.Generator())
            return float(seen["off"])

        frames = [len(s.parts[0].target) for s in samples]
        alone = np.average([off([s]) for s in samples], weights=frames)
        assert off(samples) == pytest.approx(alone, rel=1e-4)

    def test_without_word_times_there_is_no_alignment_loss(
        self, model: VoxtralModel, samples: list[Sample]
    ) -> None:
        parts = [s.parts[0] for s in samples]
        parts = [replace(p, chars=p.chars * np.nan, phones=p.phones * 0 - 100) for p in parts]
        blank = [Sample(s.prompt, [p]) for s, p in zip(samples, parts, strict=True)]  # no style
        probe = Probe(CONFIG.backbone.dim)
        losses, _ = terms(
            model, probe, collate(blank), LossOptions(layers=(1,)), 0.0, torch.Generator()
        )
        assert losses["align"] == losses["phones"] == losses["style"] == 0

    def test_a_share_of_the_frames_is_seen_as_spoken(
        self, model: VoxtralModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        head, hidden = model.acoustic_transformer, torch.zeros(400, CONFIG.backbone.dim)
        codes = torch.full((400, head.acoustic_dim), (head.levels - 1) // 2)  # data: all but 0
        seen: list[tuple[torch.Tensor, torch.Tensor]] = []

        def velocity(x: torch.Tensor, time: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
            seen.append((x, time))
            return x.requires_grad_()

        monkeypatch.setattr(head, "velocity", velocity)
        for share in (1.0, 0.0):
            options, generator = LossOptions(spoken=share), torch.Generator().manual_seed(0)
            flow_loss(head, hidden, codes, options, generator, (4, 0.4))
        (spoken, at), (_, anywhen) = seen
        assert set(at.tolist()) == {0.0, 0.25, 0.5, 0.75}
        spread = spoken[at == 0].std(1)
        assert spread.max() < 0.6
        assert spread.min() < 0.1
        assert not set(anywhen.tolist()) & set(at.tolist())
