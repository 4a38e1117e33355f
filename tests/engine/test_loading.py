"""Loading a checkpoint takes no more of torch than it needs."""

import subprocess
import sys
from pathlib import Path

import torch

from engine.engine import Engine

TINY = Path(__file__).parents[1] / "golden" / "tiny"


def test_the_compiler_is_not_loaded() -> None:
    """Some functions of the meta device import `torch._dynamo`: half of the time to first audio."""
    code = (
        "import sys; from pathlib import Path; from engine import checkpoint; "
        f"checkpoint.load(Path({str(TINY)!r})); print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_chooses_semantic_codes_is_held_in_float32() -> None:
    model = Engine.from_folder(TINY, "cpu", "bfloat16")._model
    head = model.acoustic_transformer
    assert head.semantic_codebook_output.weight.dtype == torch.float32
    assert head.acoustic_codebook_output.weight.dtype == torch.bfloat16
