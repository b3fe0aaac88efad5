"""Hash chain over the executions of a task. Pure.

It exists so that a verdict can be used as proof: what was read and judged is shown not to have been
changed since, by hand, by a disk or by a script, to whoever noted a task's newest hash elsewhere.
Each hash covers the one before it, all fields of the execution, and its documents in order.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

# Written down, not read off the table: a column that is added later must not break old links.
EXECUTION_FIELDS = (
    "id",
    "task_id",
    "chain_position",
    "due_at",
    "trigger",
    "status",
    "takeovers",
    "started_at",
    "completed_at",
    "condition_met",
    "result",
    "grounding_sources",
    "notification",
    "change_summary",
    "error_message",
    "error_type",
    "created_at",
    "asked",
    "trace",
    "trail_sha256",
)
DOCUMENT_FIELDS = (
    "execution_id",
    "position",
    "sha256",
    "uri",
    "title",
    "kind",
    "published_at",
    "fetched_at",
    "http_status",
    "truncated",
    "unusable_reason",
    "named",
)


def document_digest(document: Mapping[str, object]) -> str:
    """Return the SHA-256, in hex, of what a document's row says beside its text.

    The row names the text by the text's own SHA-256, so that the text is covered too.
    """
    return _digest({name: document[name] for name in DOCUMENT_FIELDS})


def link(previous: str, execution: Mapping[str, object], documents: Sequence[object]) -> str:
    """Return the hash of an execution, in hex.

    Args:
        previous: The hash of the task's execution before; empty for the first one.
        execution: At least `EXECUTION_FIELDS`.
        documents: The digests of its documents, in order.
    """
    fields = {name: execution[name] for name in EXECUTION_FIELDS}
    return _digest({"previous": previous, "execution": fields, "documents": list(documents)})


@dataclass(frozen=True, slots=True)
class Link:
    """The place of an execution in its task's chain, from 1, and its hash."""

    position: int
    hash: str


def extend(
    length: int, head: str | None, execution: Mapping[str, object], documents: Sequence[str]
) -> Link:
    """Return the link that follows a chain of `length` links that ends in `head`."""
    place = length + 1
    fields = {**execution, "chain_position": place}
    return Link(place, link(head or "", fields, documents))


@dataclass(frozen=True, slots=True)
class Broken:
    """What of an execution is not as it was written.

    Attributes:
        documents: The indexes of its documents that are not.
        itself: Whether the execution is not, or the number or order of its documents.
    """

    documents: tuple[int, ...]
    itself: bool


def broken(
    previous: str, execution: Mapping[str, object], documents: Sequence[Mapping[str, object]]
) -> Broken:
    """Compare rows, read back, with the hashes that were written with them.

    Args:
        execution: `EXECUTION_FIELDS` and `chain_hash`.
        documents: Each `DOCUMENT_FIELDS` and `digest`, in order.
    """
    stored = [document["digest"] for document in documents]
    found = [document_digest(document) for document in documents]
    # What stands in a document's own hash decides: only then is it one of them that was altered.
    links = (link(previous, execution, stored), link(previous, execution, found))
    return Broken(
        documents=tuple(at for at, digest in enumerate(found) if digest != stored[at]),
        itself=execution["chain_hash"] not in links,
    )


def _digest(value: Mapping[str, object]) -> str:
    return sha256(canonical(value).encode()).hexdigest()


def canonical(value: object) -> str:
    """Return JSON that is the same for equal values: sorted names, ASCII, no spaces, UTC."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)  # UUIDs; whatever else somebody put there equals nothing that we wrote
