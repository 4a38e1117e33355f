"""Which device to compute on, and what to say when its memory is not enough."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from engine.errors import DeviceError

DEVICES = ("auto", "cpu", "cuda", "mps")


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
def enough_memory() -> Iterator[None]:
    """Lets an allocation that fails inside end as a DeviceError."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise _too_small() from error
    except RuntimeError as error:  # what torch raises for the memory of a CPU, and of Apple's GPU
        if not re.search("DefaultCPUAllocator|MPS backend out of memory", str(error)):
            raise
        raise _too_small() from error


def _too_small() -> DeviceError:
    return DeviceError(
        "The device has too little free memory for this.",
        "Use --quantize int8 or int4, another device or a smaller checkpoint, or fewer --rows.",
    )
