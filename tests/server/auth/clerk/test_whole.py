"""The real application, put together as it is served."""

import httpx2
import pytest

from tests.support.clerk import ClerkStandIn
from tests.support.people import BASE_URL
from torale.server.app import create_app
from torale.server.clock import utc_now
from torale.server.settings.base import Settings
from torale.server.worker import Service

TASK = {
    "search_query": "Price of the Aurora lamp",
    "condition_description": "The price is below 350 USD",
    "schedule": "0 9 * * *",
}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_from_the_first_request_to_the_deletion(
    settings: Settings, stand_in: ClerkStandIn
) -> None:
    service = Service(settings, kind="serve", executes=False)
    app = create_app(service)
    headers = stand_in.bearer("user_ada", now=utc_now())
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url=BASE_URL, headers=headers
        ) as ada,
    ):
        task = await ada.post("/api/v1/tasks", json=TASK)
        key = (await ada.post("/auth/api-keys", json={"name": "CLI Key"})).json()["key"]
        with_key = {"Authorization": f"Bearer {key}"}
        assert task.json()["state"] == "active"
        assert (await ada.get("/auth/me", headers=with_key)).json()["email"] == "ada@example.com"
        refused = await ada.post("/auth/sync-user", headers=with_key)
        assert (refused.status_code, refused.json()["detail"]) == (403, "Session token required")

        deletion = await stand_in.send(ada, "user.deleted", {"id": "user_ada", "deleted": True})

        assert deletion.status_code == 204
        assert (await ada.get("/auth/me", headers=with_key)).status_code == 401
        assert (await ada.get("/api/v1/tasks")).json() == {"detail": "User account is inactive"}
        stand_in.add_user("user_root", "root@example.com", role="admin")
        root = stand_in.bearer("user_root", now=utc_now())
        [seen] = (await ada.get("/admin/queries", headers=root)).json()["queries"]
        assert (seen["id"], seen["state"]) == (task.json()["id"], "paused")
