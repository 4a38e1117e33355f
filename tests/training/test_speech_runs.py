"""Speech training: runs, the exported checkpoint, and a decoder that hears the model."""

import copy
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.checkpoint import load, save
from engine.engine import Engine
from engine.models.voxtral import VoxtralModel
from engine.speech import SpeechOptions
from tests.training.conftest import CONFIG, FRAME
from training.codec.train import CodecTrainer
from training.codec.train import Options as CodecOptions
from training.codes import (
    Spoken,
    encode_corpus,
    load_codec,
    load_codes,
)
from training.data.manifest import SAMPLE_RATE
from training.export import export
from training.presets import PRESETS
from training.speech import predict
from training.speech.batches import SampleOptions
from training.speech.init import start
from training.speech.losses import LossOptions
from training.speech.options import Options
from training.speech.probe import write_probe
from training.speech.prompts import preset_speakers
from training.speech.samples import Sample
from training.speech.train import Run, train
from training.tokenizer import byte_level_tekken


class TestRun:
    def options(self, corpus: Path, codes: Path, codec_state: Path, out: Path) -> Options:
        return Options(
            corpus,
            codes,
            codec_state,
            out,
            minutes=60,
            preset="tiny",
            budget=200,
            curriculum=0.0,
            losses=LossOptions(layers=(0, 1)),
            samples=SampleOptions(prompt_frames=(3, 5)),
        )

    def test_a_run_goes_on_where_it_was_and_its_export_speaks(
        self, corpus: Path, codes: Path, codec_state: Path, tmp_path: Path
    ) -> None:
        options = self.options(corpus, codes, codec_state, tmp_path / "run")
        run = Run(options)
        batches = run.batches()
        for _ in range(2):
            assert np.isfinite(run.update(next(batches))["loss"])
        run.save()
        again = Run(options)
        assert again.step == 2
        assert again.voices.keys() == {"neutral_male"}
        for name, parameter in again.parameters.items():
            torch.testing.assert_close(parameter, run.parameters[name])
        assert 0 <= again.validate()["valid_aligned"] <= 1

        folder = tmp_path / "tiny"
        export(codec_state, options.out / "speech.pt", folder, "tiny")
        model = load(folder)
        averages = run.average["layers.0.attention.wq.weight"]
        torch.testing.assert_close(
            model.layers[0].attention.wq.weight.data, averages, rtol=1e-2, atol=1e-3
        )
        engine = Engine.from_folder(folder, device="cpu")
        assert engine.voices == ("neutral_male",)
        assert len(engine.speak("Hi.", "neutral_male", SpeechOptions(steps=1)))

    def test_long_references_and_chains_come_late(
        self, corpus: Path, codes: Path, codec_state: Path, tmp_path: Path
    ) -> None:
        options = self.options(corpus, codes, codec_state, tmp_path)
        long = SampleOptions(prompt_frames=(3, 40), chain=1.0)
        run = Run(replace(options, samples=long, long_from=0.5))
        batches = run.batches()
        early = [next(batches).inputs.shape[1] for _ in range(12)]
        run.progress = 0.5
        late = [next(batches).inputs.shape[1] for _ in range(12)]
        assert max(early) < max(late)

    def test_with_another_codec_the_layers_go_on_and_codes_are_translated(
        self, model: VoxtralModel, tmp_path: Path
    ) -> None:
        tekken = byte_level_tekken({}, CONFIG.codec.frame_rate)
        save(tmp_path, PRESETS["tiny"], model, tekken, {})
        codec, generator = copy.deepcopy(model.audio_tokenizer), torch.Generator()
        layer = "layers.0.attention.wq.weight"
        table = "mm_audio_embeddings.audio_codebook_embeddings.embeddings.weight"
        stored = load(tmp_path).state_dict()
        shape = (60, CONFIG.codec.acoustic_dim + 1)
        codes = [torch.randint(20, shape, generator=generator) for _ in range(2)]

        def begin(pairs: object = lambda old: tuple(codes)) -> dict[str, torch.Tensor]:
            seeded = generator.manual_seed(5)
            return start("tiny", codec, tmp_path, seeded, pairs).state_dict()

        same = begin()
        codec.quantizer.semantic_codebook.embedding_sum.normal_(generator=generator)
        other = begin()
        for name in (layer, table):
            torch.testing.assert_close(same[name], stored[name].float())
        torch.testing.assert_close(other[layer], stored[layer].float())
        assert (other[table] - stored[table]).abs().mean() > 0.01
        assert (other[table] - begin(None)[table]).abs().mean() > 0.01

    def test_the_clock_ends_a_run(
        self,
        corpus: Path,
        codes: Path,
        codec_state: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        elapsed = property(lambda clock: next(ticks))
        ticks = itertools.count(0, 0.1)
        monkeypatch.setattr("training.loop.Clock.elapsed", elapsed)  # not the machine's speed
        options = self.options(corpus, codes, codec_state, tmp_path)
        train(replace(options, minutes=0.02, log_steps=1))
        assert (tmp_path / "speech.pt").exists()
        assert (tmp_path / "speech.csv").exists()

    def test_fine_tuning_starts_from_a_checkpoint_alone(
        self, corpus: Path, codec_state: Path, tmp_path: Path
    ) -> None:
        """No training state is needed: the folder gives the codec, its codes and the weights."""
        folder = tmp_path / "tiny"
        export(codec_state, None, folder, "tiny")
        codec = load_codec(folder, "tiny")
        encode_corpus(corpus, codec, tmp_path / "codes")
        options = self.options(corpus, tmp_path / "codes", folder, tmp_path / "run")
        run = Run(replace(options, from_checkpoint=folder))
        for name, value in load(folder, dtype=torch.float32).state_dict().items():
            torch.testing.assert_close(run.model.state_dict()[name], value)
        before = run.parameters["layers.0.attention.wq.weight"].detach().clone()
        run.update(next(run.batches()))
        assert not torch.equal(run.parameters["layers.0.attention.wq.weight"], before)
        run.average["layers.0.attention.wq.weight"].add_(0.5)  # far from the weights and the old
        run.save()
        export(folder, run.options.out / "speech.pt", tmp_path / "tuned", "tiny")
        assert Engine.from_folder(tmp_path / "tuned", device="cpu").voices == ("neutral_male",)
        export(folder, run.options.out / "speech.pt", tmp_path / "mixed", "tiny", mix=folder)
        mixed, tuned, old = (
            load(tmp_path / name, dtype=torch.float32).state_dict()
            for name in ("mixed", "tuned", "tiny")
        )
        wanted = run.average["layers.0.attention.wq.weight"]
        torch.testing.assert_close(
            tuned["layers.0.attention.wq.weight"], wanted, atol=2e-3, rtol=0.01
        )
        for name, value in mixed.items():
            torch.testing.assert_close(value, (tuned[name] + old[name]) / 2, atol=1e-3, rtol=1e-2)

    def test_speakers_of_a_corpus_without_presets_become_voices(self) -> None:
        def said(speaker: str) -> Spoken:
            rows = np.zeros((5, 37), np.int16)
            return Spoken("Hi.", speaker, "train", rows, rows[:, 0], rows[:, 0])

        spoken = [said("ann"), said("bob"), said("bob")]
        assert preset_speakers(spoken, ["casual_male"]) == ["bob", "ann"]
        assert preset_speakers(spoken, ["casual_male"], most=1) == ["bob"]
        assert preset_speakers(spoken, ["ann"]) == ["ann"]

    def test_a_probe_writes_sound(
        self, model: VoxtralModel, samples: list[Sample], tmp_path: Path
    ) -> None:
        seen = write_probe(model, ["Hi."], [samples[0].prompt], tmp_path, "00")
        assert (tmp_path / "00-0.wav").exists()
        assert seen["pace"] > 0

    def test_a_codec_can_be_exported_alone(self, codec_state: Path, tmp_path: Path) -> None:
        export(codec_state, None, tmp_path / "codec", "tiny")
        engine = Engine.from_folder(tmp_path / "codec", device="cpu")
        assert engine.can_clone
        assert engine.encode(np.zeros(FRAME * 3, np.float32), SAMPLE_RATE).shape == (37, 3)


def test_a_decoder_learns_from_predicted_codes(
    corpus: Path, codes: Path, codec_state: Path, model: VoxtralModel, tmp_path: Path
) -> None:
    folder, out = tmp_path / "model", tmp_path / "predicted"
    tekken = byte_level_tekken({}, CONFIG.codec.frame_rate, CONFIG.codec.sampling_rate)
    save(folder, PRESETS["tiny"], model, tekken, {})
    names = {"--corpus": corpus, "--codes": codes, "--model": folder, "--out": out}
    predict.main([str(part) for pair in names.items() for part in pair] + ["--utterances", "6"])
    true = {s.id: s for s in load_codes(codes, corpus)}
    predicted = load_codes(out, corpus)
    assert len(predicted) == 6
    for s in predicted:
        assert (s.codes[:, 0] == true[s.id].codes[:, 0]).all()
        assert s.codes.shape == true[s.id].codes.shape
        assert (s.codes[:, 1:] != true[s.id].codes[:, 1:]).any()
    options = CodecOptions(
        corpus,
        tmp_path / "decoder",
        minutes=1,
        preset="tiny",
        part="decoder",
        initial=codec_state,
        codes=[codes, out],
        batch=4,
        frames=4,
    )
    trainer = CodecTrainer(options)
    trainer.resume()
    wave, heard = trainer.crops().batch(4)
    assert wave.shape == (4, 4 * FRAME)
    assert heard.shape == (4, CONFIG.num_codebooks, 4)
    losses = [trainer.update((wave, heard), 2e-3)[0]["loss"] for _ in range(8)]
    assert losses[-1] < losses[0]
