"""Somebody who signs up as people do."""

import httpx2

from tests.support.post import Post

KEYS = "/settings/api-keys"
EMAIL = "bob@example.com"
PASSWORD = "correct horse battery"
FORM = {"email": EMAIL, "password": PASSWORD}


async def sign_up(browser: httpx2.AsyncClient, post: Post, form: dict[str, str] = FORM) -> None:
    asked = await browser.post("/sign-up", data=form)
    assert asked.status_code == 303
    code = await post.code(form["email"])
    done = await browser.post(asked.headers["location"], data={"code": code})
    assert (done.status_code, done.headers["location"]) == (303, "/tasks")


async def is_signed_in(browser: httpx2.AsyncClient) -> bool:
    return (await browser.get(KEYS)).status_code == 200
