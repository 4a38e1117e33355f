"""Which device to compute on, and what to say when its memory is not enough."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from engine.errors import DeviceError

DEVICES = ("auto", "cpu", "cuda", "mps")
SMALLER = "Use --quantize int8 or int4, another device or a smaller checkpoint, or fewer --rows."
SHORTER = "Use another device or a shorter recording."
"""What to do where memory ends: for speaking, and for the codec alone."""


def find_device(name: str) -> torch.device:
    """A device by name: one of DEVICES, or "cuda:1" for a certain GPU.

    Raises:
        DeviceError: If it is unknown or not here.
    """
    kind, colon, number = name.partition(":")
    numbered = kind == "cuda" and number.isascii() and number.isdecimal()
    if kind not in DEVICES or (colon and not numbered):
        raise DeviceError(f"There is no device {name!r}.", f"Use one of {', '.join(DEVICES)}.")
    if kind == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    present = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }[kind]
    if int(number or 0) >= present:
        raise DeviceError(f"The device {name} is not here.", "Use --device cpu, or auto.")
    return torch.device(kind, int(number)) if colon else torch.device(kind)


def free_memory(device: torch.device) -> int:
    """Bytes that could be allocated now; where the system does not tell, 4 GiB."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    with suppress(OSError):
        told = Path("/proc/meminfo").read_text()  # of Linux: with what cached files give back
        if available := re.search(r"^MemAvailable: +(\d+) kB", told, re.M):
            return int(available[1]) << 10
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not on Windows, nor on macOS
        return 4 << 30


@contextmanager
def enough_memory(hint: str = SMALLER) -> Iterator[None]:
    """Lets an allocation that fails inside end as a DeviceError with this hint."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # RuntimeError is torch's, of any device
        other = "DefaultCPUAllocator|MPS backend out of memory"  # they have no class of their own
        known = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not (known or re.search(other, str(error))):
            raise
        raise DeviceError("The device has too little free memory for this.", hint) from error
