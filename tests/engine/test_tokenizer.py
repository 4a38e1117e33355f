"""tekken.json -> ids, and the prompt built from them, against the goldens and mistral-common."""

import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from safetensors import safe_open

from engine.errors import CheckpointError
from engine.prompt import build_prompt
from engine.tokenizer import Tokenizer
from training.tokenizer import byte_level_tekken

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDERS = ["tiny", "tiny-open"]


def golden_info(folder: str) -> dict:
    return json.loads((GOLDEN / folder / "golden.json").read_text(encoding="utf-8"))["info"]


@pytest.fixture(scope="module", params=FOLDERS)
def folder(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def tokenizer(folder: str) -> Tokenizer:
    return Tokenizer.from_file(GOLDEN / folder / "tekken.json")


def mistral_ids(folder: str, **request: str) -> list[int]:
    from mistral_common.protocol.speech.request import SpeechRequest
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    mistral = MistralTokenizer.from_file(GOLDEN / folder / "tekken.json")
    return mistral.encode_speech_request(SpeechRequest(**request)).tokens


def wav(samples: int) -> str:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(samples, np.float32), 24000, format="WAV")
    return base64.b64encode(buffer.getvalue()).decode()


def test_specials_and_voices_are_read_from_the_file(tokenizer: Tokenizer, folder: str) -> None:
    expected = golden_info(folder)["tokenizer"]
    for name in ("bos", "audio", "begin_audio", "next_audio_text", "repeat_audio_text"):
        assert getattr(tokenizer, name) == expected[name]
    assert tokenizer.vocab_size == expected["n_words"]


def test_prompts_equal_the_goldens(tokenizer: Tokenizer, folder: str) -> None:
    with safe_open(GOLDEN / folder / "golden.safetensors", framework="np") as file:
        names = [name for name in file.keys() if name.startswith("prompt.")]  # noqa: SIM118
        tensors = {name: file.get_tensor(name).tolist() for name in names}
    prompts = golden_info(folder)["prompts"]
    assert len(prompts) == len(tensors) > 0
    for golden in prompts:
        assert tokenizer.encode_text(golden["text"]) == golden["text_ids"]
        prompt = build_prompt(tokenizer, golden["text"], golden["n_audio_tokens"])
        assert prompt.ids == tensors[f"prompt.{golden['index']}.ids"]
        rows = prompt.ids[prompt.audio_start : prompt.audio_start + prompt.audio_rows]
        assert rows == [tokenizer.audio] * golden["n_audio_tokens"]
        assert prompt.ids.count(tokenizer.audio) == prompt.audio_rows


@pytest.mark.parametrize("text", ["Hello there, it's me.", "Naïve Noëlle — 12:30!", "[AUDIO] <s>"])
def test_preset_prompt_is_mistral_commons(tokenizer: Tokenizer, folder: str, text: str) -> None:
    raw = json.loads((GOLDEN / folder / "tekken.json").read_text(encoding="utf-8"))
    voices = raw["audio"]["voice_num_audio_tokens"]
    assert voices
    for voice, rows in voices.items():
        expected = mistral_ids(folder, input=text, voice=voice)
        assert build_prompt(tokenizer, text, rows).ids == expected


@pytest.mark.parametrize("samples", [1, 1920, 1921, 13217, 24000, 13440])
def test_reference_prompt_is_mistral_commons(
    tokenizer: Tokenizer, folder: str, samples: int
) -> None:
    rows = -(-samples // 1920) + 1  # the codec's own: frames, and the END row
    expected = mistral_ids(folder, input="Hello", ref_audio=wav(samples))
    if samples == 13440:  # 7 frames: their floating point makes it 8
        expected.remove(tokenizer.audio)
    assert build_prompt(tokenizer, "Hello", rows).ids == expected
    for golden in golden_info(folder)["reference_audio_prompts"]:
        if golden["samples_24k"] == samples:
            assert expected == golden["ids"]


def test_surplus_vocabulary_takes_no_part(tmp_path: Path) -> None:
    raw = json.loads((GOLDEN / "tiny" / "tekken.json").read_text(encoding="utf-8"))
    used = raw["config"]["default_vocab_size"] - 1000
    assert len(raw["vocab"]) > used
    raw["vocab"] = raw["vocab"][:used]
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    cut, full = Tokenizer.from_file(path), Tokenizer.from_file(GOLDEN / "tiny" / "tekken.json")
    for golden in golden_info("tiny")["prompts"]:
        assert cut.encode_text(golden["text"]) == full.encode_text(golden["text"])


def test_byte_level_tekken_loads_and_every_byte_is_a_token(tmp_path: Path) -> None:
    path = tmp_path / "tekken.json"
    made = byte_level_tekken({"amy": 38}, 12.5)
    assert made["audio"]["voice_num_audio_tokens"] == {"amy": 38}
    path.write_text(json.dumps(made), encoding="utf-8")
    tokenizer = Tokenizer.from_file(path)
    assert tokenizer.vocab_size == 1256
    ids = tokenizer.encode_text("Héllo.")
    assert ids == [1000 + byte for byte in "Héllo.".encode()]
    assert len(ids) == 7
    assert build_prompt(tokenizer, "Hi.", 2).ids == [1, 25, 24, 24, 36, 1072, 1105, 1046, 35, 25]


def test_byte_level_tekken_agrees_with_the_real_layout() -> None:
    raw = json.loads((GOLDEN / "tiny" / "tekken.json").read_text(encoding="utf-8"))
    made = byte_level_tekken({}, 12.5)
    assert made["special_tokens"] == raw["special_tokens"]
    assert made["vocab"] == raw["vocab"][:256]
    assert made["config"]["pattern"] == raw["config"]["pattern"]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"has no tekken\.json") as caught:
        Tokenizer.from_file(tmp_path / "tekken.json")
    assert caught.value.hint


@pytest.mark.parametrize(
    "content",
    ["", "not json", "[]", "{}", '{"config": {}}', "\udcff", '{"config": {"version": "v99"}}'],
)
def test_broken_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tekken.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(CheckpointError, match="cannot be read"):
        Tokenizer.from_file(path)


def test_short_vocabulary_is_a_broken_file(tmp_path: Path) -> None:
    raw = byte_level_tekken({}, 12.5)
    raw["vocab"] = raw["vocab"][:100]
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(CheckpointError, match="cannot be read"):
        Tokenizer.from_file(path)


def test_specials_above_the_table(tmp_path: Path) -> None:
    raw = byte_level_tekken({}, 12.5)
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    tokenizer = Tokenizer.from_file(path)
    tokenizer.check_size(tokenizer.vocab_size)
    tokenizer.audio = 999_999
    with pytest.raises(CheckpointError, match=r"tekken\.json has 1000000 tokens"):
        tokenizer.check_size(tokenizer.vocab_size)


def test_missing_special_is_named(tmp_path: Path) -> None:
    raw = byte_level_tekken({}, 12.5)
    raw["special_tokens"][36]["token_str"] = "<SPECIAL_36>"
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(CheckpointError, match="NEXT_AUDIO_TEXT"):
        Tokenizer.from_file(path)


def test_import_is_lazy_and_narrow() -> None:
    code = (
        "import sys, engine.tokenizer, engine.prompt\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in {'torch', 'mistral_common'}]\n"
        f"engine.tokenizer.Tokenizer.from_file({str(GOLDEN / 'tiny' / 'tekken.json')!r})\n"
        "assert 'mistral_common.tokens.tokenizers.mistral' not in sys.modules\n"
        "assert 'torch' not in sys.modules\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
