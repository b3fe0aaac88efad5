"""Tasks with blanks, for people who would rather not start from an empty page. Pure data."""

import re
from collections.abc import Mapping

from torale.contract.tasks import NotifyBehavior
from torale.contract.templates import Placeholder, TemplateCategory, TemplateOut

_BLANK = re.compile(r"\{(\w+)\}")
_HOURLY, _FOUR_HOURS, _TWICE, _DAILY = "0 * * * *", "0 */4 * * *", "0 8,18 * * *", "0 9 * * *"
_PRODUCT = Placeholder(name="product", label="Product", example="Sony WH-1000XM6")
_AMOUNT = Placeholder(name="amount", label="Amount", example="349")
_CURRENCY = Placeholder(name="currency", label="Currency", example="USD")
_EVENT = Placeholder(name="event", label="Event", example="Radiohead Berlin")


def _template(
    slug: str, category: TemplateCategory, title: str, description: str, **more: object
) -> TemplateOut:
    defaults = {
        "notify_behavior": NotifyBehavior.ONCE,
        "schedule": _DAILY,
        "needs_model": False,
        "placeholders": [_PRODUCT],
    }
    fixed = {"slug": slug, "category": category, "title": title, "description": description}
    return TemplateOut.model_validate({**defaults, **fixed, **more})


TEMPLATES = (
    _template(
        "price-below",
        TemplateCategory.PRICES,
        "Price falls below",
        "Tells you the first time a product costs less than you are willing to pay.",
        placeholders=[_PRODUCT, _AMOUNT, _CURRENCY],
        search_query="price of {product}",
        condition_description="The price of {product} is below {amount} {currency}",
        schedule=_FOUR_HOURS,
        sample_answer="The price of Sony WH-1000XM6 is 329.00 USD.",
    ),
    _template(
        "price-changes",
        TemplateCategory.PRICES,
        "Every price change",
        "Keeps watching, and tells you what it cost before and what it costs now.",
        search_query="price of {product}",
        condition_description="The price of {product} has changed",
        notify_behavior=NotifyBehavior.TRACK_STATE,
        schedule=_TWICE,
        sample_answer="The price went from 449.00 USD to 399.00 USD.",
    ),
    _template(
        "subscription-price",
        TemplateCategory.PRICES,
        "A subscription gets dearer",
        "Watches the pricing page of a service you pay for.",
        placeholders=[
            Placeholder(name="service", label="Service", example="Spotify Premium"),
            _AMOUNT,
            _CURRENCY,
        ],
        search_query="{service} price per month",
        condition_description="The price of {service} is above {amount} {currency}",
        sample_answer="The price of Spotify Premium is 12.99 USD.",
    ),
    _template(
        "flight-price",
        TemplateCategory.PRICES,
        "A flight gets cheap",
        "Looks twice a day for a fare below your limit.",
        placeholders=[
            Placeholder(name="route", label="From and to", example="Berlin Lisbon"),
            _AMOUNT,
            _CURRENCY,
        ],
        search_query="cheapest flight {route}",
        condition_description="The price of {route} flights is below {amount} {currency}",
        schedule=_TWICE,
        sample_answer="The price of Berlin Lisbon flights is 79.00 EUR.",
    ),
    _template(
        "back-in-stock",
        TemplateCategory.STOCK,
        "Back in stock",
        "Tells you the first time it can be bought again.",
        search_query="{product} in stock",
        condition_description="{product} is in stock",
        schedule=_HOURLY,
        sample_answer="Sony WH-1000XM6 is in stock.",
    ),
    _template(
        "sold-out",
        TemplateCategory.STOCK,
        "About to be gone",
        "Tells you when something you still want is sold out.",
        search_query="{product} availability",
        condition_description="{product} is out of stock",
        schedule=_FOUR_HOURS,
        sample_answer="Sony WH-1000XM6 is out of stock.",
    ),
    _template(
        "preorder-opens",
        TemplateCategory.STOCK,
        "Pre-orders open",
        "Watches for the day on which it can be ordered ahead.",
        search_query="{product} pre-order",
        condition_description="{product} can be pre-ordered",
        schedule=_HOURLY,
        needs_model=True,
        sample_answer="Pre-orders of the Steam Deck 2 opened today at 10:00.",
    ),
    _template(
        "release-date",
        TemplateCategory.RELEASES,
        "A release date is announced",
        "Tells you when the maker names a day, not when the press guesses one.",
        search_query="When is {product} released?",
        condition_description="A specific release date of {product} has been officially announced",
        needs_model=True,
        sample_answer="The maker announced 14 March 2027 as the release date.",
    ),
    _template(
        "software-version",
        TemplateCategory.RELEASES,
        "A new software version",
        "Tells you of every stable release, and what it is called.",
        placeholders=[
            Placeholder(name="software", label="Software", example="PostgreSQL"),
            Placeholder(name="version", label="Version", example="19"),
        ],
        search_query="{software} {version} release",
        condition_description="{software} {version} has been released as a stable version",
        needs_model=True,
        sample_answer="PostgreSQL 19 was released on 24 September 2026.",
    ),
    _template(
        "new-entries",
        TemplateCategory.RELEASES,
        "Every new entry",
        "Give it a feed or a changelog as a source: it tells you what is new, with links.",
        placeholders=[Placeholder(name="topic", label="What about", example="Rust releases")],
        search_query="{topic} news",
        condition_description="There is a new entry",
        notify_behavior=NotifyBehavior.TRACK_STATE,
        schedule=_FOUR_HOURS,
        sample_answer="New: Announcing Rust 1.99.0.",
    ),
    _template(
        "tickets-on-sale",
        TemplateCategory.TICKETS,
        "Tickets go on sale",
        "Looks every hour, so that you are early.",
        placeholders=[_EVENT],
        search_query="tickets {event}",
        condition_description="{event} tickets are available",
        schedule=_HOURLY,
        sample_answer="Radiohead Berlin tickets are available.",
    ),
    _template(
        "ticket-price",
        TemplateCategory.TICKETS,
        "A ticket at your price",
        "Watches resale and late offers for an event.",
        placeholders=[_EVENT, _AMOUNT, _CURRENCY],
        search_query="ticket price {event}",
        condition_description="The price of {event} tickets is below {amount} {currency}",
        schedule=_FOUR_HOURS,
        sample_answer="The price of Radiohead Berlin tickets is 84.00 EUR.",
    ),
    _template(
        "tour-dates",
        TemplateCategory.TICKETS,
        "New tour dates",
        "Tells you when an artist adds a date where you live.",
        placeholders=[
            Placeholder(name="artist", label="Artist", example="Radiohead"),
            Placeholder(name="place", label="Place", example="Germany"),
        ],
        search_query="{artist} tour dates {place}",
        condition_description="A concert of {artist} in {place} has been announced",
        notify_behavior=NotifyBehavior.TRACK_STATE,
        needs_model=True,
        sample_answer="A concert on 12 June 2027 in Hamburg was announced.",
    ),
    _template(
        "ruling",
        TemplateCategory.NEWS,
        "A decision is made",
        "A court, an authority, a committee: tells you when it has decided.",
        placeholders=[
            Placeholder(name="case", label="What is decided", example="EU AI liability directive")
        ],
        search_query="{case} decision",
        condition_description="A final decision on {case} has been published",
        needs_model=True,
        sample_answer="The committee adopted the text on 3 February 2027.",
    ),
    _template(
        "page-says",
        TemplateCategory.NEWS,
        "A page says a word",
        "Give it the page as a source: it tells you when the words stand there.",
        placeholders=[
            Placeholder(name="words", label="Words", example="applications are open"),
            Placeholder(name="subject", label="What about", example="the summer school"),
        ],
        search_query="{subject}",
        condition_description='The page says "{words}"',
        schedule=_FOUR_HOURS,
        sample_answer="The page says “applications are open”.",
    ),
)
_BY_SLUG = {template.slug: template for template in TEMPLATES}


def find(slug: str) -> TemplateOut | None:
    return _BY_SLUG.get(slug)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with its blanks filled in; those without a value stay as they are."""
    return _BLANK.sub(lambda blank: values.get(blank[1], blank[0]), text)
