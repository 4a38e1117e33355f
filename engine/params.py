"""Objects of params.json, read strictly: every complaint names the key by its path."""

import re
from typing import Any

from engine.errors import CheckpointError

LARGEST = 1 << 24


class Section:
    """One JSON object of params.json, whose complaints name the key by its path."""

    def __init__(self, values: dict[str, Any], path: str) -> None:
        self.values, self.path = values, path

    def error(self, name: str, complaint: str) -> CheckpointError:
        return CheckpointError(
            f"params.json: {self.path}{name} {complaint}.", "Is this a Voxtral TTS checkpoint?"
        )

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        """The value of a key, of a kind; `float` takes integers too."""
        value: Any = self.values.get(name, default)
        if value is None:
            raise self.error(name, "is missing")
        kinds = (int, float) if kind is float else kind
        if not isinstance(value, kinds) or (isinstance(value, bool) and kind is not bool):
            raise self.error(name, f"is {value!r}, not of type {kind.__name__}")
        if kind is not float:
            return value
        number: Any = value
        if not abs(number) < 1e30:
            raise self.error(name, f"is {number!r}, no number to reckon with")
        return float(number)

    def between(self, name: str, kind: type, default: Any, low: float, high: float) -> Any:
        """As `get`, within a range."""
        value = self.get(name, kind, default)
        if not low <= value <= high:
            raise self.error(name, f"is {value}, outside {low:g} to {high:g}")
        return value

    def above_zero(self, name: str, default: float | None = None) -> float:
        value: float = self.get(name, float, default)
        if value <= 0:
            raise self.error(name, f"is {value:g}, not above 0")
        return value

    def positive(self, name: str) -> int:
        value: int = self.get(name, int)
        if not 1 <= value < LARGEST:
            raise self.error(name, f"is {value}, not a positive number that fits")
        return value

    def section(self, name: str) -> "Section":
        return Section(self.get(name, dict), f"{self.path}{name}.")

    def require(self, name: str, expected: Any) -> None:
        value = self.get(name, type(expected))
        if value != expected:
            raise self.error(name, f"is {value!r}; this engine needs {expected!r}")

    def divides(self, small: str, large: str) -> None:
        if self.positive(large) % self.positive(small):
            raise self.error(large, f"is no multiple of {small}")

    def names(self, name: str) -> tuple[str, ...]:
        """The keys of an object, which name files and are shown; none if it is absent."""
        keys = tuple(self.get(name, dict, {}))
        for key in keys:
            if not key or not key.isprintable() or "/" in key or "\\" in key:
                raise self.error(name, f"has {key[:40]!r}, which is no name")
        return keys

    def integers(self, name: str, default: str | None = None) -> tuple[int, ...]:
        """A string such as "2,2,2,1"."""
        text: str = self.get(name, str, default)
        parts = text.split(",")
        if not all(re.fullmatch(r"\s*[1-9]\d{0,6}\s*", part) for part in parts):
            raise self.error(name, f"is {text!r}, not positive numbers joined by commas")
        return tuple(int(part) for part in parts)
