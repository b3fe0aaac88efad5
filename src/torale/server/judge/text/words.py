"""Words of a text: folded, in the singular, and matched whole."""

import re

from torale.server.judge.text.folding import fold

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> tuple[str, ...]:
    """Return the words of `text` for matching a subject: folded, plurals and possessives cut."""
    plain = _WORD.findall(fold(text).replace("'s ", " "))
    return tuple(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in plain)


def word_set(text: str) -> frozenset[str]:
    """Return the different words of `text`, as `words` reads them."""
    return frozenset(words(text))


def contains_word(folded: str, word: str) -> bool:
    """Whether a folded text holds a word, as `words` gives it, in the singular or the plural."""
    return contains_whole(folded, word) or (len(word) >= 3 and contains_whole(folded, f"{word}s"))


def contains_whole(text: str, part: str) -> bool:
    """Whether a part of a text begins and ends where words do."""
    at = text.find(part)
    while at >= 0:
        end = at + len(part)
        if not text[max(at - 1, 0) : at].isalnum() and not text[end : end + 1].isalnum():
            return True
        at = text.find(part, at + 1)
    return False


def contains_phrase(folded: str, phrase: str) -> bool:
    """Whether the folded phrase stands in the folded text as whole words."""
    if phrase not in folded:
        return False
    before = r"(?<![a-z0-9])" if phrase[:1].isalnum() else ""
    after = r"(?![a-z0-9])" if phrase[-1:].isalnum() else ""
    return re.search(before + re.escape(phrase) + after, folded) is not None
