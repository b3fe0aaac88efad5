"""Two servers of one installation: what a caller may do does not depend on which one answers."""

import asyncio
from http import HTTPStatus
from pathlib import Path

import httpx2

from tests.e2e.servers import Server, command

ME = "/auth/me"


async def ask(urls: list[str], key: str, count: int) -> list[int]:
    """Ask all at once, one server after the other; answers the statuses."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
        asked = (client.get(urls[number % len(urls)] + ME) for number in range(count))
        return [one.status_code for one in await asyncio.gather(*asked)]


def test_two_processes_share_limits_and_revocations(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    shared = {"REDIS_URL": redis_url, "TORALE_SECRET_KEY": "the-same-in-every-process-0123456789"}
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, other = (
        Server(folder, "serve", "--no-worker", database_url=postgres_url, **shared)
        for folder in folders
    )
    with one, other:
        with one.client() as client:
            assert client.get(ME).status_code == HTTPStatus.OK

        statuses = asyncio.run(ask([one.url, other.url], one.key, 150))
        assert statuses.count(200) == 99, "one was used before"
        assert statuses.count(429) == 51

        made = command("server", "create-key", "--email", "e2e@example.com", env=one.env)
        headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
        with httpx2.Client(headers=headers, trust_env=False, timeout=20) as client:
            keys = client.get(f"{one.url}/auth/api-keys").json()
            assert client.get(other.url + ME).status_code == HTTPStatus.OK
            gone = client.delete(f"{one.url}/auth/api-keys/{keys[0]['id']}")
            assert gone.status_code == HTTPStatus.OK
            assert client.get(other.url + ME).status_code == HTTPStatus.UNAUTHORIZED
