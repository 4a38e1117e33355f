"""Embeddings, flow head and backbone against the golden data: floats within 1e-4, codes equal.

The codec's part is in test_golden_codec.py, prompts are in test_tokenizer.py; the list at the top
says which test compares which tensor.
"""

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.config import END_AUDIO
from engine.models.flow import time_embedding
from engine.voice import read_voice
from tests.conftest import Golden

TESTS = Path(__file__).parent
COVERED = {
    r"prompt\.\d+\.ids": "test_tokenizer.py::test_prompts_equal_the_goldens",
    r"voice\.\w+\.(codes|embedding_f32)": "test_golden_models.py::test_voices_from_codes",
    r"voice\.\w+\.embedding": "test_golden_models.py::test_voice_files",
    r"embed\.(codes|out)": "test_golden_models.py::test_code_embeddings",
    r"at\.time_embedding\.\w+": "test_golden_models.py::test_time_embedding",
    r"at\.velocity\.(x_t|t|hidden|v|v_uncond|tokens)": "test_golden_models.py::test_velocity",
    r"at\.velocity\.(layer\d+|norm)": "test_golden_models.py::test_flow_layers",
    r"at\.euler\.b\d+\..+": "test_golden_models.py::test_euler",
    r"at\.semantic\.\w+": "test_golden_models.py::test_semantic_codes",
    r"llm\.prefill\.\d+\.\w+": "test_golden_models.py::test_prefill",
    r"e2e\.[AB]\.(ids|noise|hidden|x1|codes)": "test_golden_models.py::test_forced_generation",
    r"e2e\.[AB]\.wave": "test_golden_codec.py::test_generated_wave",
    r"codec\.semantic_embedding": "test_golden_codec.py::test_semantic_table",
    r"codec\.weightnorm\..+": "test_golden_codec.py::test_weight_norm",
    r"codec\.decode\..+\.(codes|wave)": "test_golden_codec.py::test_decode",
    r"codec\.decode\..+\.(emb|block\d+)": "test_golden_codec.py::test_decoder_activations",
    r"codec\.helper\.\d+\.(codes|wave)": "test_golden_codec.py::test_frames_before_the_end",
    r"codec\.encode\.\d+\.(wave|emb|codes|embedding)": "test_golden_codec.py::test_encode",
    r"codec\.encode\.\d+\.(input_proj|block\d+)": "test_golden_codec.py::test_encoder_activations",
    r"stream\.(codes|wave)": "test_golden_codec.py::test_stream_windows",
}


@pytest.fixture(autouse=True)
def _no_grad() -> Iterator[None]:
    with torch.no_grad():
        yield


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected.float(), atol=1e-4, rtol=0)


def same(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, atol=0, rtol=0)


@contextmanager
def outputs(modules: dict[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """What each module returns, while this lasts."""
    kept: dict[str, Tensor] = {}
    hooks = [
        module.register_forward_hook(lambda _m, _i, out, name=name: kept.update({name: out}))
        for name, module in modules.items()
    ]
    yield kept
    for hook in hooks:
        hook.remove()


def test_every_golden_tensor_is_compared(golden: Golden) -> None:
    lost = [name for name in golden.tensors if not any(re.fullmatch(p, name) for p in COVERED)]
    assert not lost
    for pattern, place in COVERED.items():
        file, test = place.split("::")
        assert f"def {test}(" in (TESTS / file).read_text(encoding="utf-8"), pattern


def test_voices_from_codes(golden: Golden) -> None:
    table = golden.model.mm_audio_embeddings.audio_codebook_embeddings
    for name in golden.model.model_config.voices:
        rows = table(golden[f"voice.{name}.codes"])
        close(rows, golden[f"voice.{name}.embedding_f32"])
        assert golden[f"voice.{name}.codes"][-1].tolist() == [END_AUDIO] + [0] * 36


def test_voice_files(golden: Golden) -> None:
    config = golden.model.model_config
    assert len(config.voices) == 2
    for name in config.voices:
        same(
            read_voice(golden.folder, name, config.backbone.dim),
            golden[f"voice.{name}.embedding"],
        )


def test_code_embeddings(golden: Golden) -> None:
    table = golden.model.mm_audio_embeddings.audio_codebook_embeddings
    close(table(golden["embed.codes"][0].T), golden["embed.out"])
    assert len(table.embeddings.weight) == golden.info["embedding_rows"]


def test_time_embedding(golden: Golden) -> None:
    expected = golden["at.time_embedding.out"]
    close(time_embedding(golden["at.time_embedding.t"], expected.shape[1]), expected)


def test_velocity(golden: Golden) -> None:
    head = golden.model.acoustic_transformer
    x, time = golden["at.velocity.x_t"], golden["at.velocity.t"]
    hidden = golden["at.velocity.hidden"]
    parts = ("input_projection", "time_projection", "llm_projection")
    with outputs({part: head.get_submodule(part) for part in parts}) as kept:
        close(head.velocity(x, time, hidden), golden["at.velocity.v"])
    tokens = [kept[part].view(len(x), 1, -1) for part in parts]
    close(torch.cat(tokens, dim=1), golden["at.velocity.tokens"])
    close(head.velocity(x, time, torch.zeros_like(hidden)), golden["at.velocity.v_uncond"])


def test_flow_layers(golden: Golden) -> None:
    """All three tokens layer by layer; the head itself computes only token 0 of the last."""
    head = golden.model.acoustic_transformer
    tokens = golden["at.velocity.tokens"]
    for index, layer in enumerate(head.layers):
        tokens = layer(tokens)
        close(tokens, golden[f"at.velocity.layer{index}"])
    close(head.norm(tokens), golden["at.velocity.norm"])

    with outputs({"norm": head.norm}) as kept:
        head.velocity(*(golden[f"at.velocity.{name}"] for name in ("x_t", "t", "hidden")))
    close(kept["norm"][:, 0], golden["at.velocity.norm"][:, 0])


def test_euler(golden: Golden) -> None:
    head = golden.model.acoustic_transformer
    runs = [name[: -len(".traj")] for name in golden.tensors if name.endswith(".traj")]
    assert len(runs) == 9
    for run in runs:
        found = re.fullmatch(r"(at\.euler\.b(\d))\.steps(\d)\.cfg(.+)", run)
        assert found is not None
        given, batch, steps, cfg = found[1], int(found[2]), int(found[3]), found[4]
        mix = [1.0, 1.2, 1.5, 2.0, 0.0]  # a of each row, by the description in golden.json
        scale = torch.tensor(mix if cfg == "mix" else [float(cfg)] * batch)
        hidden, noise = golden[f"{given}.hidden"], golden[f"{given}.x0"]
        points = head.trajectory(hidden, noise, scale, steps)
        close(torch.stack(points), golden[f"{run}.traj"])
        same(head(hidden, noise, scale, steps), golden[f"{run}.codes"])
        times = head.projected_times(steps)
        same(head(hidden, noise, scale, steps, times=times), golden[f"{run}.codes"])


def test_semantic_codes(golden: Golden) -> None:
    """EMPTY and the padding rows never win; END makes a frame [1, 2, 2, ..., 2]."""
    head, hidden = golden.model.acoustic_transformer, golden["at.semantic.hidden"]
    logits, codes = golden["at.semantic.logits"], golden["at.semantic.codes"]
    close(head.semantic_codebook_output(hidden), logits)
    valid = slice(END_AUDIO, golden.info["semantic"]["valid_last"] + 1)
    masked = head.semantic_logits(hidden)
    close(masked[:, valid], logits[:, valid])
    assert masked.shape[1] == valid.stop
    assert masked.isinf().sum(1).tolist() == [1] * len(hidden)

    cfg = torch.full((len(hidden),), 1.2)
    same(head(hidden, golden["at.semantic.x0"], cfg, 7), codes)
    ended = codes[:, 0] == END_AUDIO
    assert ended.any()
    assert not head(hidden, golden["at.semantic.x0"], cfg, 7, ended)[:, 0].eq(END_AUDIO).any()


def test_semantic_logits_are_float32_whatever_the_weights(golden: Golden) -> None:
    """Codes whose logits are a hundredth apart at ten are one in bfloat16, and END would win."""
    head = copy.deepcopy(golden.model.acoustic_transformer).bfloat16()
    weight, hidden = head.semantic_codebook_output.weight, torch.ones(1, head.norm.weight.shape[0])
    weight.data.zero_()
    weight.data[END_AUDIO, 0], weight.data[5, 0] = 10, 10
    weight.data[5, 1] = 0.01
    logits = head.semantic_logits(hidden.bfloat16())
    assert logits.dtype == torch.float32
    assert logits[0, 5] - logits[0, END_AUDIO] == pytest.approx(0.01, rel=0.01)
    head.semantic_codebook_output.float()
    assert torch.equal(head.semantic_logits(hidden.bfloat16()), logits)


def test_prefill(golden: Golden) -> None:
    model = golden.model
    for number in golden.numbers("llm.prefill."):
        run = f"llm.prefill.{number}"
        same(golden[f"{run}.ids"], golden[f"prompt.{number}.ids"])
        inputs = prompt_rows(golden, golden[f"{run}.ids"])
        close(inputs, golden[f"{run}.embeds"])
        with outputs({f"layer{i}": layer for i, layer in enumerate(model.layers)}) as kept:
            close(model(inputs.unsqueeze(0))[0], golden[f"{run}.hidden"])
        for name, activation in kept.items():
            close(activation[0], golden[f"{run}.{name}"])


def prompt_rows(golden: Golden, ids: Tensor) -> Tensor:
    """Backbone inputs [tokens, dim]: [AUDIO] rows are the first preset's."""
    config = golden.model.model_config
    rows = golden.model.mm_audio_embeddings.tok_embeddings(ids)
    voice = read_voice(golden.folder, config.voices[0], config.backbone.dim)
    rows[ids == config.audio_id] = voice.float()
    return rows


@pytest.mark.parametrize("run", ["A", "B"])
def test_forced_generation(golden: Golden, run: str) -> None:
    """All frames of an end-to-end run at once, each after the golden ones before it.

    That generation itself finds these codes is in test_generation.py.
    """
    model, head = golden.model, golden.model.acoustic_transformer
    ids, codes = golden[f"e2e.{run}.ids"], golden[f"e2e.{run}.codes"]
    number = golden.info["e2e"][run]["text_index"]
    same(ids, golden[f"prompt.{number}.ids"])
    frames = model.mm_audio_embeddings.audio_codebook_embeddings(codes[:-1])
    rows = torch.cat([prompt_rows(golden, ids), frames])
    hidden = model(rows.unsqueeze(0))[0, len(ids) - 1 :]
    close(hidden, golden[f"e2e.{run}.hidden"])

    noise = golden[f"e2e.{run}.noise"][: len(codes)]
    cfg = torch.full((len(codes),), 1.2)
    close(head.trajectory(hidden, noise, cfg, 7)[-1], golden[f"e2e.{run}.x1"])
    same(head(hidden, noise, cfg, 7), codes)
    assert (codes[:, 0] == END_AUDIO).tolist() == [False] * (len(codes) - 1) + [
        golden.info["e2e"][run]["ended"]
    ]
