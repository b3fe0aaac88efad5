"""Template environment: the files of `templates/`, always escaped, with what all of them use."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

from torale.contract.channels import ChannelType
from torale.server.dashboard.web.assets import asset
from torale.server.notifications.channels.registry import KINDS

FOLDER = Path(__file__).parent.parent / "templates"


class CollapsedSpace(Extension):
    """White space of a template as a browser shows it: any run of it becomes one blank.

    So the source may be indented and cost nothing: it is done once, when a template is compiled.
    Lines of a `<pre>` come from values, which stay as they are.
    """

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            is_text = token.type == "data"
            yield token._replace(value=re.sub(r"\s+", " ", token.value)) if is_text else token


@cache
def environment() -> Environment:
    """Return the templates: always escaped, and an unknown name is a mistake."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[CollapsedSpace],
        auto_reload=False,
        cache_size=-1,
    )
    shared: dict[str, Any] = made.globals  # its own type knows Jinja's names alone
    shared.update(asset=asset, draw_icon=draw_icon)
    filters: dict[str, Any] = made.filters
    filters.update(host=host_of, quoted=split_at_quotes, channel_label=channel_label)
    return made


def fill(template: str, context: Mapping[str, object]) -> str:
    """Return the text of a page or of a part, without the blanks around it."""
    return environment().get_template(template).render(context).strip()


@cache
def draw_icon(name: str, cls: str = "") -> Markup:
    """Return an icon of the sprite; templates call it by names of their own, as `m.icon`."""
    more = f" {cls}" if cls else ""
    return Markup('<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(
        more, asset("icons.svg"), name
    )


def host_of(url: str) -> str:
    """Return the host of an address that a page or a person gave, or the text if it has none."""
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def channel_label(channel_type: ChannelType) -> str:
    return KINDS[channel_type].label


def split_at_quotes(text: str, quotes: Sequence[str]) -> list[tuple[str, bool]]:
    """Split a text at the quotes that stand in it word for word; True marks a quote."""
    wanted = [re.escape(quote) for quote in sorted(set(quotes), key=len, reverse=True) if quote]
    if not wanted:
        return [(text, False)]
    parts = re.split(f"({'|'.join(wanted)})", text)
    return [(part, index % 2 == 1) for index, part in enumerate(parts) if part]
