"""The codec against the golden data: floats within 1e-4, codes equal."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from engine.config import END_AUDIO, SPECIAL_CODES
from engine.models.codec.blocks import alibi_slopes
from tests.conftest import Golden
from tests.engine.test_golden_models import close, outputs, same

DECODES = ["T1", "T7", "T40", "T11.B3"]


@pytest.fixture(autouse=True)
def _no_grad() -> Iterator[None]:
    with torch.no_grad():
        yield


def test_sizes(golden: Golden) -> None:
    config, info = golden.model.model_config.codec, golden.info
    assert list(config.encoder_windows) == info.get("encoder_windows", [16, 8, 4, 2])
    assert list(config.decoder_windows) == info["decoder_windows"]
    assert config.frame_samples == info["samples_per_frame"]
    assert alibi_slopes(config.n_heads).tolist() == info["alibi_slopes"]
    sizes = torch.tensor(golden.model.model_config.codebook_sizes)
    assert (sizes.cumsum(0) - sizes).tolist() == info["codebook_offsets"]


def test_semantic_table(golden: Golden) -> None:
    codebook = golden.model.audio_tokenizer.quantizer.semantic_codebook
    assert (codebook.cluster_usage < 1e-5).sum() == 3  # so that the clamp is tried
    close(codebook.embedding, golden["codec.semantic_embedding"])


def test_weight_norm(golden: Golden) -> None:
    names = [name for name in golden.tensors if name.startswith("codec.weightnorm.")]
    assert len(names) == 2  # a convolution and a transposed one
    for name in names:
        block = golden.model.audio_tokenizer.get_submodule(name.removeprefix("codec.weightnorm."))
        close(block.conv.weight, golden[name])


@pytest.mark.parametrize("run", DECODES)
def test_decode(golden: Golden, run: str) -> None:
    codec, codes = golden.model.audio_tokenizer, golden[f"codec.decode.{run}.codes"]
    wave = golden[f"codec.decode.{run}.wave"][:, 0]
    close(codec.decode(codes), wave)
    for number, row in enumerate(codes.unbind()):  # of a batch, alone
        close(codec.decode(row.unsqueeze(0))[0], wave[number])


@pytest.mark.parametrize("run", DECODES)
def test_decoder_activations(golden: Golden, run: str) -> None:
    codec, codes = golden.model.audio_tokenizer, golden[f"codec.decode.{run}.codes"]
    with outputs({f"block{i}": block for i, block in enumerate(codec.decoder_blocks)}) as kept:
        codec.decode(codes)
    kept["emb"] = codec.quantizer.decode(codes)
    compare(golden, f"codec.decode.{run}", kept)


def compare(golden: Golden, run: str, found: dict[str, Tensor]) -> None:
    """Activations with those that are stored, which have time before channels (but `emb`)."""
    for name, activation in found.items():
        if f"{run}.{name}" in golden.tensors:
            expected = golden[f"{run}.{name}"]
            close(activation, expected if name == "emb" else expected.transpose(1, 2))
    stored = {name[len(run) + 1 :] for name in golden.tensors if name.startswith(f"{run}.")}
    assert stored - {"codes", "wave", "embedding"} <= found.keys()


def frames_before_end(codes: Tensor) -> Tensor:
    """Rows with specials [rows, codebooks] -> codes before the END row [1, codebooks, frames]."""
    ends = (codes[:, 0] == END_AUDIO).nonzero()
    frames = codes[: int(ends[0]) if len(ends) else None] - SPECIAL_CODES
    return frames.T.unsqueeze(0)


def test_frames_before_the_end(golden: Golden) -> None:
    """Alone, and padded to one batch: frames that follow change nothing before them."""
    codec = golden.model.audio_tokenizer
    pieces = {}
    for number in golden.numbers("codec.helper."):
        codes = frames_before_end(golden[f"codec.helper.{number}.codes"])
        assert codes.shape[-1] * codec.config.frame_samples == next(
            entry["n_samples"] for entry in golden.info["helper"] if entry["index"] == int(number)
        )
        if f"codec.helper.{number}.wave" in golden.tensors:
            pieces[number] = codes
    assert list(pieces) == ["0", "1", "3"]  # 2 ends at once

    longest = max(codes.shape[-1] for codes in pieces.values())
    batch = torch.cat(
        [
            torch.nn.functional.pad(codes, (0, longest - codes.shape[-1]))
            for codes in pieces.values()
        ]
    )
    together = codec.decode(batch)
    for (number, codes), padded in zip(pieces.items(), together, strict=True):
        wave = golden[f"codec.helper.{number}.wave"]
        close(codec.decode(codes)[0], wave)
        close(padded[: len(wave)], wave)


def test_encode(golden: Golden) -> None:
    codec = golden.model.audio_tokenizer
    runs = golden.numbers("codec.encode.")
    assert codec.can_encode == bool(runs)
    table = golden.model.mm_audio_embeddings.audio_codebook_embeddings
    for number in runs:
        run = f"codec.encode.{number}"
        wave = golden[f"{run}.wave"].unsqueeze(0)
        close(codec.latent(wave)[0], golden[f"{run}.emb"])
        codes = codec.encode(wave)[0]
        same(codes, golden[f"{run}.codes"])
        end = torch.tensor([END_AUDIO] + [0] * (len(codes) - 1))
        close(
            table(torch.cat([codes.T + SPECIAL_CODES, end.unsqueeze(0)])),
            golden[f"{run}.embedding"],
        )


def test_encoder_activations(golden: Golden) -> None:
    codec = golden.model.audio_tokenizer
    if not codec.can_encode:
        assert not golden.numbers("codec.encode.")
        return
    modules = {f"block{i}": block for i, block in enumerate(codec.encoder_blocks)}
    with outputs(modules | {"input_proj": codec.input_proj}) as kept:
        codec.encode(golden["codec.encode.2.wave"].unsqueeze(0))
    assert len(kept) == 9
    close(kept["block7"][0], golden["codec.encode.2.emb"])
    kept["emb"] = kept["block7"][0]
    compare(golden, "codec.encode.2", kept)


@pytest.mark.parametrize("run", ["A", "B"])
def test_generated_wave(golden: Golden, run: str) -> None:
    codes = frames_before_end(golden[f"e2e.{run}.codes"])
    close(golden.model.audio_tokenizer.decode(codes)[0], golden[f"e2e.{run}.wave"])


def test_stream_windows(golden: Golden) -> None:
    """The reference's plan: up to 25 frames of left context, decoded and dropped again."""
    codec = golden.model.audio_tokenizer
    codes = frames_before_end(golden["stream.codes"])
    pieces, done = [], 0
    for window in golden.info["stream"]["windows"]:
        context, size = window["ctx_frames"], window["chunk_frames"]
        end = min(done + size, codes.shape[-1])
        wave = codec.decode(codes[..., done - context : end])[0]
        pieces.append(wave[context * codec.config.frame_samples :])
        done += size
    close(torch.cat(pieces), golden["stream.wave"])
    close(codec.decode(codes)[0], golden["stream.wave"])
