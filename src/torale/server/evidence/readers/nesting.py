"""Nesting guard: refuses at once what a parser would take long to build, and name it.

Parsing takes time in the square of the depth, and HTML opens formatting elements that were left
open anew in every new block. The guard counts tags and knows no more of the grammar: what passes
it all the same is ended by the limits of the process that parses.
"""

import re
from collections import Counter
from collections.abc import Iterator

MAX_DEPTH = 1_000  # browsers stop at 512
MAX_REOPENED = 200_000  # elements that a parser would add by itself

_TOKEN = re.compile(r"<(?:(!--)|(/?)([a-z][^\s/>]*))", re.IGNORECASE)
_END_OF_COMMENT = re.compile(r"--!?>")
_END_OF_SCRIPT = re.compile(r"</script(?=[\s/>])", re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEVER_NESTED = _words(
    """
    area base br col colgroup dd dt embed hr img input li link meta optgroup option p param path
    rect source tbody td tfoot th thead tr track use wbr
    """
)
_FORMATTING = _words("a b big code em font i nobr s small strike strong tt u")


def is_too_deep(html: str) -> bool:
    """Tell whether a parser would take minutes, or gigabytes, for `html`."""
    unclosed: Counter[str] = Counter()
    depth = formatting = reopened = 0
    for name, is_end in _tags(html):
        if is_end:
            change = -1 if unclosed[name] else 0
        else:
            change = 0 if name in _NEVER_NESTED else 1
            reopened += 0 if name in _FORMATTING else formatting
        unclosed[name] += change
        depth += change
        formatting += change if name in _FORMATTING else 0
        if depth > MAX_DEPTH or reopened > MAX_REOPENED:
            return True
    return False


def _tags(html: str) -> Iterator[tuple[str, bool]]:
    """Yield the name of each tag, and whether it is an end tag; no comments, nothing in scripts."""
    position = 0
    while token := _TOKEN.search(html, position):
        comment, slash, name = token.groups()
        if comment:
            # `<!-->` and `<!--->` are whole comments.
            end = _END_OF_COMMENT.search(html, token.end() - 2)
            position = end.end() if end else len(html)
            continue
        name = name.lower()
        position = token.end()
        yield name, bool(slash)
        if name == "script" and not slash:
            # Strings of scripts are full of what only looks like tags.
            end = _END_OF_SCRIPT.search(html, position)
            position = end.start() if end else len(html)
