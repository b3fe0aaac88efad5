"""Differences of two executions: the facts of their verdicts, the texts that they rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torale.contract.executions import EvidenceDocument

_MAX_LINES = 12
_MAX_MOVED = 12
_MAX_LINE = 300  # characters


class Line(NamedTuple):
    """One line of what changed; `kind` is `del`, `ins` or `same`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A page that reads otherwise than before; `more` counts the lines that are not shown."""

    uri: str
    gone: Sequence[str]
    new: Sequence[str]
    more: int


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Line]:
    """Return what changed from one verdict to the next, fact by fact; empty if nothing did."""
    if not before or not after or after.get("verdict") == "unknown":
        return []
    old, new = before.get("facts") or {}, after.get("facts") or {}
    if not old or not new:
        old, new = {"answer": before.get("answer", "")}, {"answer": after.get("answer", "")}
    if old == new:
        return []
    lines: list[Line] = []
    for name in dict.fromkeys([*new, *old]):
        lines += _line(name, old.get(name), new.get(name))
    return lines[:_MAX_LINES]


def _line(name: str, was: str | None, now: str | None) -> list[Line]:
    words = name.replace("_", " ")
    shown = words[:1].upper() + words[1:]
    if was == now:
        return [Line("same", f"{shown}: {now}")]
    told = [("del", was), ("ins", now)]
    return [Line(kind, f"{shown}: {value}") for kind, value in told if value is not None]


def moved(before: Sequence[EvidenceDocument], after: Sequence[EvidenceDocument]) -> list[Moved]:
    """Return the pages whose text is not that of the execution before, line against line."""
    known = {document.uri: document for document in before}
    pairs = ((known[document.uri], document) for document in after if document.uri in known)
    found = [_moved(old, new) for old, new in pairs if old.id != new.id]
    return [difference for difference in found if difference is not None]


def _moved(old: EvidenceDocument, new: EvidenceDocument) -> Moved | None:
    if old.text is None or new.text is None:
        return None
    was, now = _lines(old.text), _lines(new.text)
    # Sets, not a shortest edit: a page could be made to keep us busy for minutes.
    gone = [text for text in was if text not in now]
    fresh = [text for text in now if text not in was]
    if not gone and not fresh:
        return None
    more = sum(max(0, len(lines) - _MAX_MOVED) for lines in (gone, fresh))
    return Moved(new.uri, gone[:_MAX_MOVED], fresh[:_MAX_MOVED], more)


def _lines(text: str) -> dict[str, None]:
    return dict.fromkeys(line.strip()[:_MAX_LINE] for line in text.splitlines() if line.strip())
