"""HTML pages as evidence."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from torale.server.evidence.readers import page_facts
from torale.server.evidence.readers.base import AnswerContent, ReaderResult
from torale.server.evidence.readers.nesting import is_too_deep
from torale.server.evidence.readers.offers import offer_lines
from torale.server.evidence.readers.page_facts import Json, attribute, squeeze
from torale.server.evidence.readers.page_text import full_text
from torale.server.evidence.usable import PageSignals, unusable

_LEAST_MAIN_TEXT = 200  # less than this, and the extractor has missed the point of the page
_LARGEST_FOR_MAIN_TEXT = 2_000_000  # the extractor takes seconds for more
_TOO_DEEP = "not text: the page is nested too deeply to be read"


def read_page(content: AnswerContent) -> ReaderResult:
    """Reduce a page to text."""
    html, url = content.text, content.url
    if is_too_deep(html):
        return ReaderResult("", unusable_reason=_TOO_DEEP)
    tree = LexborHTMLParser(html)
    data = page_facts.linked_data(tree)
    title = _title(tree, data)
    shown = full_text(tree.root) if tree.root is not None else ""
    facts = "\n".join(offer_lines(tree, data))
    reason = unusable(PageSignals(title, shown, facts, html, _beside_the_login(tree)))
    text = shown if content.everything else _main_text(html, url) or shown
    return ReaderResult(
        text="" if reason else _join(title, _description(tree), facts, text),
        title=title,
        uri=page_facts.canonical_url(tree, url),
        published_at=page_facts.published_at(tree, data, url),
        unusable_reason=reason,
    )


def _title(tree: LexborHTMLParser, data: list[Json]) -> str:
    node = tree.css_first("head title") or tree.css_first("title")
    heading = tree.css_first("h1")
    names = (item.get("headline") for item in data)
    candidates = [
        squeeze(node.text()) if node is not None else "",
        attribute(tree, "meta[property='og:title']", "content"),
        *(squeeze(name) for name in names if isinstance(name, str)),
        squeeze(heading.text()) if heading is not None else "",
    ]
    return next((candidate for candidate in candidates if candidate), "")[:500]


def _description(tree: LexborHTMLParser) -> str:
    return attribute(tree, "meta[name=description]", "content") or attribute(
        tree, "meta[property='og:description']", "content"
    )


def _beside_the_login(tree: LexborHTMLParser) -> str | None:
    """Return the text around the form that asks for a password, if it is more than a box."""
    field = tree.css_first("input[type=password]")
    if field is None or tree.root is None:
        return None
    form: LexborNode = field
    while form.parent is not None and form.tag != "form":
        form = form.parent
    around = form.parent
    while around is not None:
        if around.tag in {"header", "nav", "aside", "footer", "dialog"}:
            return None
        around = around.parent
    return full_text(tree.root, form.mem_id if form.tag == "form" else field.mem_id)


def _main_text(html: str, url: str) -> str:
    """Return the article without what stands around it; empty when there is too little of it."""
    if len(html) > _LARGEST_FOR_MAIN_TEXT:
        return ""
    # Slow to import and large: only a server that reads search hits pays for it.
    import trafilatura  # noqa: PLC0415

    # The recall mode keeps prices and stock that the precise one drops, and is the fastest.
    text = trafilatura.extract(html, url=url, favor_recall=True, include_comments=False) or ""
    return text if len(text) >= _LEAST_MAIN_TEXT else ""


def _join(*parts: str) -> str:
    """Put the parts below each other, each only if it says something new."""
    text = ""
    for part in parts:
        if part and part not in text:
            text = f"{text}\n{part}" if text else part
    return text
