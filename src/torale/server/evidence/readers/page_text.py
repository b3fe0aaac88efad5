"""HTML as readable lines: one block a line."""

import re

from selectolax.lexbor import LexborNode

from torale.server.evidence.readers.page_facts import squeeze


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DROPPED = _words(
    """
    canvas dialog head iframe nav noscript object script style svg template -comment -doctype
    """
)
_INLINE = _words(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark meter
    output picture q s samp small span strike strong sub sup td th time tt u var wbr
    """
)
_CELLS = frozenset({"td", "th"})
_HIDING = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


def full_text(root: LexborNode, leave_out: int = -1) -> str:
    """Return every line a reader could see, menus excepted.

    Args:
        root: Where to start.
        leave_out: The `mem_id` of an element to skip as well.
    """
    pieces: list[str] = []
    waiting: list[LexborNode | str] = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif node.tag == "-text":
            pieces.append(" ".join((node.text_content or "").split("\n")))
        elif node.mem_id != leave_out and not _is_hidden(node):
            before, after = _edges(node.tag or "")
            pieces.append(before)
            waiting.append(after)
            waiting += reversed(list(node.iter(include_text=True)))
    lines = (squeeze(line).strip(" |") for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def _edges(tag: str) -> tuple[str, str]:
    """Return what separates an element from what stands before and after it."""
    if tag in _CELLS:
        return "", " | "
    return ("", "") if tag in _INLINE else ("\n", "\n")


def _is_hidden(node: LexborNode) -> bool:
    if node.tag in _DROPPED:
        return True
    given = node.attributes
    return (
        "hidden" in given
        or given.get("role") == "navigation"
        or _HIDING.search(given.get("style") or "") is not None
    )
