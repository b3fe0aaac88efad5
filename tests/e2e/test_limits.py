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


def first_tries(url: str, other: str, key: str, count: int) -> list[int]:
    """Revoke keys at one server; answers what the other says to the first try of each.

    Each key makes the next one and revokes itself, and each try comes from an address of its own:
    nothing comes near a limit.
    """
    told: list[int] = []
    mine = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(trust_env=False, timeout=20) as client:
        [*_, listed] = client.get(f"{url}/auth/api-keys", headers=mine).json()
        key_id = listed["id"]
        for number in range(count):
            made = client.post(f"{url}/auth/api-keys", headers=mine, json={"name": "Next"}).json()
            assert client.get(other + ME, headers=mine).status_code == HTTPStatus.OK
            gone = client.delete(f"{url}/auth/api-keys/{key_id}", headers=mine)
            assert gone.status_code == HTTPStatus.OK
            from_elsewhere = {**mine, "X-Forwarded-For": f"198.51.100.{number}"}
            told.append(client.get(other + ME, headers=from_elsewhere).status_code)
            key_id, mine = made["id"], {"Authorization": f"Bearer {made['key']}"}
    return told


def test_two_processes_share_limits_and_revocations(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    shared = {
        "REDIS_URL": redis_url,
        "TORALE_SECRET_KEY": "the-same-in-every-process-0123456789",
        "TORALE_TRUSTED_PROXIES": "127.0.0.1",
    }
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, other = (
        Server(folder, "serve", "--no-worker", database_url=postgres_url, **shared)
        for folder in folders
    )
    with one, other:
        one.client().close()  # it makes the key
        statuses = asyncio.run(ask([one.url, other.url], one.key, 150))
        assert statuses.count(200) == 100
        assert statuses.count(429) == 50

        made = command("server", "create-key", "--email", "next@example.com", env=one.env)
        assert first_tries(one.url, other.url, made.stdout.strip(), 100) == [401] * 100
