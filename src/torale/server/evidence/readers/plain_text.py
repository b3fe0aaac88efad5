"""Plain text as evidence: its lines, without those that are empty."""

from torale.server.evidence.readers.base import AnswerContent, ReaderResult


def read_plain_text(content: AnswerContent) -> ReaderResult:
    lines = (" ".join(line.split()) for line in content.text.splitlines())
    text = "\n".join(line for line in lines if line)
    return ReaderResult(text, unusable_reason=None if text else "empty: there is no text")
