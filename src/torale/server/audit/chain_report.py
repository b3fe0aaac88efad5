"""Report of a verification of the evidence."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ChainFault:
    """A place that is not as it was written.

    Attributes:
        task_id: None when it belongs to no task.
        document: Its address, where it is a document.
    """

    what: str
    task_id: object = None
    execution_id: object = None
    document: object = None

    def __str__(self) -> str:
        places = {
            "task": self.task_id,
            "execution": self.execution_id,
            "document": self.document,
        }
        named = " ".join(f"{name} {_visible(place)}" for name, place in places.items() if place)
        return f"{named}: {self.what}" if named else self.what


def _visible(value: object) -> str:
    """Show a value on one line of a terminal, whoever wrote it."""
    return "".join(char if char.isprintable() else "�" for char in str(value))[:300]


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where the chain of a task ends. Whoever noted it elsewhere can prove what came before.

    Attributes:
        length: How many executions were chained, those that retention removed among them.
        unchained: How many ended before there was a chain.
    """

    task_id: UUID
    length: int
    hash: str | None
    unchained: int


@dataclass(slots=True)
class ChainReport:
    """Report on all that was walked.

    Attributes:
        forgotten: How many documents and trails have lost their text to retention.
    """

    faults: list[ChainFault] = field(default_factory=list[ChainFault])
    heads: list[ChainHead] = field(default_factory=list[ChainHead])
    executions: int = 0
    documents: int = 0
    texts: int = 0
    forgotten: int = 0
