"""Walls and errors are recognised; pages that only look a little like them are not."""

import pytest

from tests.server.evidence.conftest import page
from torale.server.evidence.readers.pages import read_page

ARTICLE = "<p>" + "The council met on Tuesday and talked about the bridge at length. " * 12 + "</p>"

WALLS = {
    "captcha": [
        (
            "<title>Just a moment...</title><body><div class='cf-challenge'></div>"
            "<h1>site.test</h1><p>Verify you are human by completing the action below.</p>"
            "<p>site.test needs to review the security of your connection before proceeding.</p>"
        ),
        (
            "<title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>"
            "<p>You are unable to access site.test</p><p>Why have I been blocked?</p>"
        ),
        (
            "<title>Access to this page has been denied.</title><div id='px-captcha'></div>"
            "<p>Press & Hold to confirm you are a human (and not a bot).</p>"
        ),
        (
            "<title>Example</title><form><div class='h-captcha'></div><button>Go</button></form>"
            "<p>Please complete the security check</p>"
        ),
        "<html><body><div class='g-recaptcha'></div></body></html>",
        (
            "<title>Google</title><p>Our systems have detected unusual traffic from your computer"
            " network. This page checks to see if it's really you sending the requests.</p>"
        ),
        "<title>Captcha</title><h1>Please solve the captcha</h1><img src=c.png><input name=code>",
        (
            "<title>shop</title><p>Enter the characters you see below</p><p>Type the characters you"
            " see in this image:</p>"
        ),
    ],
    "login": [
        (
            "<title>Sign in - Site</title><form><input name=u><input type=password>"
            "<button>Sign in</button></form>"
        ),
        (
            "<title>Site</title><h1>Log in to continue</h1><form><input type='password'></form>"
            "<p>Forgot your password? New here? Create an account.</p>"
        ),
        "<form><label>Password<input type=password></label></form>",
        "<title>Login</title><input type=password><p>Members only.</p>",
    ],
    "consent": [
        (
            "<title>Before you continue to Site</title><h1>Before you continue</h1>"
            "<p>We use cookies and data to deliver services. If you choose Accept all, we will also"
            " use cookies to personalise content.</p><button>Accept all</button>"
            "<button>Reject all</button>"
        ),
        (
            "<title>Site</title><p>We value your privacy.</p>"
            "<p>We and our partners store cookies.</p>"
            "<button>Accept all</button><button>Manage options</button>"
        ),
    ],
    "error page": [
        "<title>404 Not Found</title><h1>Not Found</h1><p>The requested URL was not found.</p>",
        "<title>Page not found | Site</title><p>Sorry, we looked everywhere.</p>",
    ],
    "empty": [
        "",
        "<html><head><title>My application</title></head><body></body></html>",
        "<title>App</title><div id=root>Loading…</div><script src=app.js></script>",
    ],
}
PAGES = [
    (
        f"<title>How captchas work</title><article>{ARTICLE}<p>Verify you are human, it says.</p>"
        f"<div class='g-recaptcha'></div>{ARTICLE}</article>"
    ),
    (
        "<title>Acme Solver</title><h1>Acme Solver</h1><p>Price: 349 USD. It can solve the captcha"
        " for you.</p>"
    ),
    (
        "<title>Widget</title><header><form><input type=password><button>Log in</button></form>"
        "</header><h1>Widget</h1><p>The launch date is 12 May 2026.</p>"
    ),
    (
        "<title>Widget</title><form>Log in <input type=password></form><h1>Widget</h1>"
        "<p>Price: 349 USD</p>"
    ),
    (
        "<title>Widget</title><h1>Widget</h1><p>In stock since Monday.</p>"
        "<div>We use cookies. <button>Accept all</button><button>Reject</button></div>"
    ),
    "<title>Call</title><p>We accept applications until 5 May 2026.</p>",
    (
        "<title>Privacy</title><p>Our privacy policy on cookies changes on 5 May 2026.</p>"
        "<p>The new text was written by the legal team.</p>"
    ),
    (
        "<title>Contact</title><h1>Contact</h1><p>The office opens on Monday at nine.</p>"
        "<form><div class='g-recaptcha'></div></form>"
    ),
    f"<title>Just a moment: a review</title>{ARTICLE}{ARTICLE}{ARTICLE}",
    f"<title>404 Media: the story</title>{ARTICLE}{ARTICLE}",
    "<p>Sold out</p>",
    "<title>x</title><script>var a;</script><p>Opens 5 May</p>",
    "<title>x</title><script>var a;</script><p>Price: 349 USD</p>",
    (
        "<title>Shop</title><div id=root></div><script></script><script type='application/ld+json'>"
        '{"@type":"Product","offers":{"price":"5","priceCurrency":"USD"}}</script>'
    ),
]


@pytest.mark.parametrize(
    "reason, html", [(key, html) for key, all_ in WALLS.items() for html in all_]
)
def test_what_stands_in_place_of_a_page_is_named(reason: str, html: str) -> None:
    reading = read_page(page(html))

    assert reading.unusable_reason is not None
    assert reading.unusable_reason.startswith(reason)
    assert reading.text == ""


@pytest.mark.parametrize("html", PAGES)
def test_a_page_that_only_looks_like_it_is_usable(html: str) -> None:
    reading = read_page(page(html))

    assert reading.unusable_reason is None
    assert reading.text
