"""Version numbers: their notation and their order."""

import re
from dataclasses import dataclass

_FINAL = 9
_STAGES = {
    "dev": 0, "snapshot": 0, "nightly": 0, "canary": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2,
    "milestone": 2, "m": 2, "preview": 3, "pre": 3, "rc": 4,
}  # fmt: skip
VERSION = re.compile(
    r"(?<![\w.])v?(?P<number>\d{1,6}(?:\.\d{1,6}){0,4})"
    r"(?:[-. _]?(?P<stage>alpha|beta|milestone|preview|snapshot|nightly|canary|pre|dev|rc|"
    r"[abm](?=\d))[-. ]?(?P<step>\d{0,6}))?"
    r"(?:\+[\w.]+)?(?![\w%°€$£]|\.\d|[.,]\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Release:
    """A version as it compares: `1.0-rc2` comes before `1.0`."""

    numbers: tuple[int, ...]
    stage: int = _FINAL
    step: int = 0

    @property
    def is_stable(self) -> bool:
        return self.stage == _FINAL

    def key(self) -> tuple[tuple[int, ...], int, int]:
        padded = self.numbers + (0,) * (5 - len(self.numbers))
        return padded, self.stage, self.step


def parse_version(text: str) -> Release | None:
    """The version that a text starts with."""
    match = VERSION.match(text.strip())
    return None if match is None else release_of(match)


def release_of(match: re.Match[str]) -> Release:
    """The release that a match of `VERSION` names."""
    numbers = tuple(int(part) for part in match["number"].split("."))
    if match["stage"] is None:
        return Release(numbers)
    return Release(numbers, _STAGES[match["stage"].lower()], int(match["step"] or 0))
