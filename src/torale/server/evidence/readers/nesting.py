"""Nesting guard: refuses at once, and by name, what a parser would take long to build.

Parsing takes time in the square of the depth, and HTML opens formatting elements that were left
open anew in every new block. The guard counts tags and knows no more of the grammar: what passes
it all the same is ended by the limits of the process that parses.
"""

import re

MAX_DEPTH = 1_000  # browsers stop at 512
MAX_REOPENED = 200_000  # elements that a parser would add by itself

# Comments (`<!-->` is a whole one) and scripts are passed over: strings of scripts are full of what
# only looks like tags. Each alternative takes what it has seen, so that all of it is one pass.
_TAG = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    r"|<script(?=[\s/>]).*?(?:</script(?=[\s/>])|\Z)"
    r"|<(/?)([a-z][^\s/>]*)",
    re.IGNORECASE | re.DOTALL,
)


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
    unclosed: dict[str, int] = {}
    depth = formatting = reopened = 0
    for tag in _TAG.finditer(html):
        slash, name = tag.groups()
        if name is None:
            continue
        name = name.lower()
        is_formatting = name in _FORMATTING
        if not slash and not is_formatting:
            reopened += formatting
            if reopened > MAX_REOPENED:
                return True
        if name in _NEVER_NESTED:
            continue
        is_open = unclosed.get(name, 0)
        if slash and not is_open:
            continue
        change = -1 if slash else 1
        unclosed[name] = is_open + change
        depth += change
        formatting += change if is_formatting else 0
        if depth > MAX_DEPTH:
            return True
    return False
