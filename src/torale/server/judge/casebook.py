"""Casebook: cases with a known truth, to measure judges with.

`cases/*.yaml` ship with the package, so that anybody can measure their own model. Pages are
written by hand; a `frame` puts what surrounds such a page in real life around them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from torale.server.judge.base import JudgeRequest, SourceDocument, Verdict
from torale.server.judge.builtin.judge import decide

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HELD_OUT = "held_out"
_FRAMES, _INJECTIONS = "frames", "injections"


class _Entry(BaseModel):
    """An entry of a file: a misspelt field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _Frame(_Entry):
    """What surrounds a text on a page of real life."""

    above: str = ""
    below: str = ""


class CasePage(_Entry):
    """A document as a judge sees it.

    Attributes:
        frame: Name of what surrounds the text, in `frames.yaml`.
        named: The user named it in the task's `sources`; otherwise a search found it.
    """

    uri: str
    title: str
    text: str
    published_at: datetime | None = None
    named: bool = True
    frame: str | None = None

    def source(self) -> SourceDocument:
        frame = _frames()[self.frame] if self.frame else _Frame()
        parts = (frame.above, self.text, frame.below)
        text = "\n".join(part.strip() for part in parts if part.strip())
        return SourceDocument(self.uri, self.title, text, self.published_at, self.named)


class Case(_Entry):
    """One question with its evidence and its truth.

    Attributes:
        verdict: That of a careful person who reads the sources: `unknown` if they do not tell.
        compiles: Whether the builtin judge is expected to understand the condition.
        previous: Facts of the last execution.
        earlier: What the sources held then, where facts are no words; `request` judges them.
        watched_since: When the task was created.
    """

    id: str
    query: str
    condition: str
    verdict: Verdict
    compiles: bool
    tags: tuple[str, ...]
    sources: tuple[CasePage, ...]
    previous: dict[str, str] | None = None
    earlier: tuple[CasePage, ...] = ()
    now: datetime = NOW
    watched_since: datetime | None = None

    def request(self) -> JudgeRequest:
        """What a judge is asked, with the facts of the earlier look if there was one."""
        known = self.previous
        if self.earlier:
            known = dict(decide(self._asked(self.earlier, known)).facts)
        return self._asked(self.sources, known)

    def _asked(self, pages: Sequence[CasePage], previous: dict[str, str] | None) -> JudgeRequest:
        return JudgeRequest(
            self.query,
            self.condition,
            tuple(page.source() for page in pages),
            self.now,
            previous,
            watched_since=self.watched_since,
        )


class Attack(_Entry):
    """Words that somebody plants to turn a verdict.

    Attributes:
        base: Id of the case that is attacked; its truth stays what it was.
        insert: What is planted. `foreign` names what must not reach an answer.
        at: Where: around the text of the first source, in its title, or as a page of its own.
    """

    id: str
    base: str
    insert: str
    at: Literal["start", "middle", "end", "title", "page"] = "end"
    foreign: tuple[str, ...] = ("evil.example",)
    tags: tuple[str, ...] = ()

    def request(self, case: Case) -> JudgeRequest:
        """The case's request with the attack in it."""
        request = case.request()
        first, *rest = request.sources
        if self.at == "page":
            rest.append(SourceDocument("https://evil.example/page", first.title, self.insert))
        else:
            first = self._planted(first)
        return replace(request, sources=(first, *rest))

    def _planted(self, source: SourceDocument) -> SourceDocument:
        if self.at == "title":
            return replace(source, title=f"{source.title} {self.insert}")
        rows = source.text.splitlines()
        index = {"start": 0, "middle": len(rows) // 2, "end": len(rows)}[self.at]
        return replace(source, text="\n".join([*rows[:index], self.insert, *rows[index:]]))


class _Injections(_Entry):
    bases: tuple[Case, ...]
    attacks: tuple[Attack, ...] = Field(min_length=1)


_CASES = TypeAdapter(tuple[Case, ...])
_FRAME_FILE = TypeAdapter(dict[str, _Frame])


@cache
def load_cases(*names: str) -> tuple[Case, ...]:
    """The cases of the named files (`prices`, `held_out` …), or of all files.

    Raises:
        pydantic.ValidationError: A file holds what is no case.
    """
    wanted = names or tuple(sorted(_case_files()))
    return tuple(case for name in wanted for case in _CASES.validate_python(_read(name)))


@cache
def load_injections() -> tuple[tuple[Attack, Case], ...]:
    """Every attack with the case that it attacks."""
    injections = _Injections.model_validate(_read(_INJECTIONS))
    bases = {case.id: case for case in injections.bases}
    return tuple((attack, bases[attack.base]) for attack in injections.attacks)


def _folder() -> Traversable:
    return files("torale.server.judge") / "cases"


def _case_files() -> Iterable[str]:
    names = (file.name.removesuffix(".yaml") for file in _folder().iterdir())
    return (name for name in names if name not in {_FRAMES, _INJECTIONS, "__init__.py"})


def _read(name: str) -> object:
    text = (_folder() / f"{name}.yaml").read_text(encoding="utf-8")
    # The C reader is ten times as fast, and is safe as the other one is.
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


@cache
def _frames() -> dict[str, _Frame]:
    return _FRAME_FILE.validate_python(_read(_FRAMES))
