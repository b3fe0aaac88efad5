"""Yardstick of `GET /auth/me`: FastAPI and one indexed look-up, nothing else.

python -m bench.bare_app sqlalchemy|driver URL     URL as SQLAlchemy writes it, or a SQLite file
"""

import asyncio
import hashlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiosqlite
import psycopg
import uvicorn
from fastapi import FastAPI, Request
from sqlalchemy import Column, MetaData, String, Table, Uuid, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

LookUp = Callable[[str], Awaitable[tuple[Any, Any]]]
KEYS = Table(
    "api_keys",
    MetaData(),
    Column("id", Uuid),
    Column("user_id", Uuid),
    Column("key_hash", String(64)),
)
CONNECTIONS = 16


@asynccontextmanager
async def over_sqlalchemy(url: str) -> AsyncIterator[LookUp]:
    """Look up in one transaction of a session, as the guides of both libraries show it."""
    # As many as the load has, and no overflow: those would be opened anew again and again.
    engine = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0)
    sessions: async_sessionmaker[AsyncSession] = async_sessionmaker(engine)

    async def look_up(key_hash: str) -> tuple[Any, Any]:
        async with sessions.begin() as session:
            found = select(KEYS.c.id, KEYS.c.user_id).where(KEYS.c.key_hash == key_hash)
            key_id, user_id = (await session.execute(found)).one()
            return key_id, user_id

    yield look_up
    await engine.dispose()


@asynccontextmanager
async def over_aiosqlite(path: str) -> AsyncIterator[LookUp]:
    async with aiosqlite.connect(path) as connection:

        async def look_up(key_hash: str) -> tuple[Any, Any]:
            query = "SELECT id, user_id FROM api_keys WHERE key_hash = ?"
            ((key_id, user_id),) = await connection.execute_fetchall(query, (key_hash,))
            return key_id, user_id

        yield look_up


@asynccontextmanager
async def over_psycopg(url: str) -> AsyncIterator[LookUp]:
    free: asyncio.LifoQueue[psycopg.AsyncConnection[Any]] = asyncio.LifoQueue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await psycopg.AsyncConnection.connect(url, autocommit=True))

    async def look_up(key_hash: str) -> tuple[Any, Any]:
        connection = await free.get()
        try:
            query = "SELECT id, user_id FROM api_keys WHERE key_hash = %s"
            found = await connection.execute(query, (key_hash,))
            key_id, user_id = await found.fetchone()  # type: ignore[misc]
            return key_id, user_id
        finally:
            free.put_nowait(connection)

    yield look_up


def make_app(kind: str, url: str) -> FastAPI:
    if kind == "sqlalchemy":
        opened = over_sqlalchemy(url)
    elif url.startswith("postgresql"):
        opened = over_psycopg(url.replace("+psycopg", ""))
    else:
        opened = over_aiosqlite(url.removeprefix("sqlite+aiosqlite:///"))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened as app.state.look_up:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/auth/me")
    async def me(request: Request) -> dict[str, str]:
        plain = request.headers["authorization"].removeprefix("Bearer ")
        key_hash = hashlib.sha256(plain.encode()).hexdigest()
        key_id, user_id = await request.app.state.look_up(key_hash)
        return {"id": str(user_id), "key_id": str(key_id)}

    return app


def main(kind: str, url: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"running at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(make_app(kind, url), log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
