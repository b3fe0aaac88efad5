"""No endpoint is forgotten: each honours the `Idempotency-Key`."""

from pathlib import Path

from tests.support.databases import Templates
from torale.server.app import create_app
from torale.server.worker import Service


async def test_every_post_of_the_api_says_that_it_honours_the_key(
    database_templates: Templates, tmp_path: Path
) -> None:
    with database_templates.copy("sqlite", tmp_path) as settings:
        service = Service(settings, kind="serve", executes=False)
        document = create_app(service).openapi()
        await service.stop()

    posts = {
        path: operations["post"]
        for path, operations in document["paths"].items()
        if "post" in operations and path.startswith(("/api/v1/", "/auth/api-keys"))
    }
    del posts["/api/v1/unsubscribe/{token}"]  # a link in a mail: nobody calls
    without = [
        path
        for path, post in posts.items()
        if "Idempotency-Key" not in [one["name"] for one in post.get("parameters", ())]
        or not {"409", "422"} <= set(post["responses"])
    ]

    assert len(posts) >= 8
    assert without == [], "add ONCE or ONCE_APART of auth/once.py and responses(409, 422)"
