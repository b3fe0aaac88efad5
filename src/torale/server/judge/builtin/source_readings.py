"""From what each source says to one verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torale.server.judge.base import Judgement, Quote, SourceDocument, Verdict
from torale.server.judge.text import host, visible

_MAX_QUOTES = 5
_SURE = {True: 0.9, False: 0.6}  # by whether the user named the page; one search hit is weak


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What one source says on the condition.

    Attributes:
        holds: Whether the condition holds there; None when the source leaves doubt.
        value: The normalised fact ("329.00 USD"); equal facts are equal strings.
        doubt: Why `holds` is None: the end of a sentence that starts with the source.
    """

    source: SourceDocument
    holds: bool | None
    value: str = ""
    quote: Quote | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a kind of condition speaks to people.

    Attributes:
        understood: The compiled condition.
        fact: Name of the tracked fact.
        say: The answer, from the values found.
        silent: The answer when no source speaks of it.
    """

    understood: str
    fact: str
    say: Callable[[Sequence[str]], str]
    silent: str


def unknown(understood: str | None, answer: str, why: str) -> Judgement:
    reasoning = f"Understood as: {understood}. {why}" if understood else why
    return Judgement(Verdict.UNKNOWN, answer, reasoning, 0.0, understood=understood)


def conclude(findings: Sequence[SourceReading], wording: Wording) -> Judgement:
    """One verdict when the sources agree. Pages that the user named outrank what a search found."""
    named = [one for one in findings if one.source.named]
    heard = sorted(named or findings, key=_rank)
    if not heard:
        return unknown(wording.understood, wording.silent, "None of the sources speaks of it.")
    doubts = [one for one in heard if one.holds is None or one.quote is None]
    if doubts:
        why = doubts[0].doubt or "says so only in words that cannot be quoted"
        return unknown(
            wording.understood,
            "It could not be told for certain.",
            f"{name_of(doubts[0].source)} {why}.",
        )
    if len({one.holds for one in heard}) > 1:
        return unknown(wording.understood, "The sources disagree.", _both_sides(heard))
    return _agreed(heard, wording)


def one_value(findings: Sequence[SourceReading]) -> list[SourceReading] | None:
    """The findings that agree on one value with a quote each, in a fixed order; None otherwise.

    Pages that the user named outrank what a search found.
    """
    heard = [one for one in findings if one.source.named] or list(findings)
    if any(one.holds is None for one in heard):
        return None
    shown = sorted((one for one in heard if one.quote), key=_rank)
    return shown if len({one.value for one in shown}) == 1 else None


def name_of(source: SourceDocument) -> str:
    """How a sentence calls a source: its host, else its title."""
    return host(source.uri) or visible(source.title)[:80] or "A source"


def join(values: Sequence[str]) -> str:
    *head, last = values
    return f"{', '.join(head)} and {last}" if head else last


def _rank(finding: SourceReading) -> tuple[bool, str, str]:
    return (not finding.source.named, finding.source.uri, finding.source.text)


def _both_sides(heard: Sequence[SourceReading]) -> str:
    for_it = next(one for one in heard if one.holds)
    against = next(one for one in heard if not one.holds)
    return f"{_says(for_it)} {_says(against)}"


def _says(finding: SourceReading) -> str:
    text = finding.quote.text if finding.quote else finding.value
    return f"{name_of(finding.source)} says “{visible(text)}”."


def _agreed(heard: Sequence[SourceReading], wording: Wording) -> Judgement:
    values = sorted({one.value for one in heard})
    quotes = dict.fromkeys(one.quote for one in heard if one.quote)
    sure = max(_SURE[one.source.named] for one in heard)
    if len({host(one.source.uri) for one in heard}) > 1:
        sure = max(sure, 0.8)
    return Judgement(
        Verdict.MET if heard[0].holds else Verdict.NOT_MET,
        wording.say(values),
        f"Understood as: {wording.understood}. " + " ".join(_says(one) for one in heard[:3]),
        sure,
        tuple(quotes)[:_MAX_QUOTES],
        {wording.fact: "; ".join(values)},
        wording.understood,
    )
