"""What all tests share: the golden checkpoints, and no way to the network."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from torch import Tensor

    from engine.models.voxtral import VoxtralModel

GOLDEN_FOLDER = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Golden:
    """A random checkpoint in the official format and what the reference makes of it.

    Args:
        folder: The checkpoint; beside it golden.safetensors and golden.json.
        model: The checkpoint in float32 on the CPU.
        tensors: Inputs and outputs by name; golden.json describes each.
        info: Texts, windows, margins: `info` of golden.json.
    """

    folder: Path
    model: "VoxtralModel"
    tensors: "dict[str, Tensor]"
    info: dict[str, Any]

    def __getitem__(self, name: str) -> "Tensor":
        """A stored tensor; integers as int64, which is what indexing takes."""
        tensor = self.tensors[name]
        return tensor if tensor.is_floating_point() else tensor.long()

    def numbers(self, prefix: str) -> list[str]:
        """What follows a prefix, up to the next dot: `codec.helper.` -> 0, 1, 2, 3."""
        names = (name[len(prefix) :] for name in self.tensors if name.startswith(prefix))
        return sorted({name.split(".")[0] for name in names})


@pytest.fixture(scope="session", params=["tiny", "tiny-open"])
def golden(request: pytest.FixtureRequest) -> Golden:
    """Both golden checkpoints in turn: float32 with encoder, bfloat16 without."""
    from safetensors.torch import load_file

    from engine import checkpoint

    folder = GOLDEN_FOLDER / request.param
    info = json.loads((folder / "golden.json").read_text(encoding="utf-8"))["info"]
    tensors = load_file(folder / "golden.safetensors")
    return Golden(folder, checkpoint.load(folder), tensors, info)


@pytest.fixture(autouse=True)
def offline(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test but those marked `network` reaches another machine."""
    if request.node.get_closest_marker("network"):
        return
    connect = socket.socket.connect

    def local(self: socket.socket, address: Any) -> None:
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] != "127.0.0.1":
            raise ConnectionRefusedError(f"A test connects to {address}; mark it `network`.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", local)
