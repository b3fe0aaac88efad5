"""The known ways round the nesting guard are closed; ordinary and sloppy pages pass."""

import pytest

from torale.server.evidence.readers.nesting import is_too_deep

DEEP = "<div>" * 2_000


@pytest.mark.parametrize(
    "html",
    [
        DEEP,
        "<div></x>" * 2_000,
        f"<script-x>{DEEP}",
        f"<!-- <script -->{DEEP}",
        f"<!-->{DEEP}-->",
        f"<!--->{DEEP}-->",
        f"<!-- --!>{DEEP}-->",
        f"<svg><style>{DEEP}",
        f"<svg><title>{DEEP}",
        f"<title><style></title>{DEEP}",
        f"<noscript>{DEEP}",
        f"<SCRIPT></SCRIPT>{DEEP}",
        f"<script>var a = '<div>'</script >{DEEP}",
        "".join(f"<b a={number}><p>x" for number in range(1_000)),
        "".join(f"<b a={number}></x><p>x" for number in range(1_000)),
        "".join(f"<font a={number}>" for number in range(900)) + "<p>x</p>" * 1_000,
    ],
    ids=lambda html: html[:24],
)
def test_hostile_nesting_is_refused(html: str) -> None:
    assert is_too_deep(html)


@pytest.mark.parametrize(
    "html",
    [
        "<div><p>text</p></div>" * 5_000,
        "<ul>" + "<li>one of many" * 5_000,
        "<table>" + "<tr><td>a<td>b" * 5_000,
        "<p>1<br>2<img src=x>" * 5_000,
        "<script>for (i=0;i<n;i++) a+='<div>'</script>" * 3_000,
        "<svg><path d='M0'/><path d='M1'/></svg>" * 3_000,
        "<b>bold</b> <a href=/x>link</a> <i>it" + "</i><p>next</p>" * 3_000,
        "<!-- <div> -->" * 3_000,
        "a < b and c <d " * 300,
    ],
    ids=lambda html: html[:24],
)
def test_ordinary_pages_are_read(html: str) -> None:
    assert not is_too_deep(html)
