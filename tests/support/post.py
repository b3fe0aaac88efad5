"""The mails that a server without SMTP wrote."""

import re
from email import message_from_bytes, policy

from tests.support.fakes import FakeQueue
from torale.server.settings.base import Settings


class Post:
    """The mails that were sent, oldest first, each read once."""

    def __init__(self, queue: FakeQueue, settings: Settings) -> None:
        self._queue = queue
        self._folder = settings.data_dir / "mails"
        self._read: set[str] = set()

    async def texts(self, to: str) -> list[str]:
        await self._queue.run_due()
        found: list[str] = []
        for path in sorted(self._folder.glob("*.eml")) if self._folder.exists() else []:
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            if path.name not in self._read and mail["To"] == to:
                self._read.add(path.name)
                body = mail.get_body(("plain",))
                assert body is not None
                found.append(body.get_content())
        return found

    async def code(self, to: str) -> str:
        (text,) = await self.texts(to)
        found = re.search(r"^(\d{6}) is your", text)
        assert found, text
        return found[1]

    async def link(self, to: str) -> str:
        (text,) = await self.texts(to)
        found = re.search(r"(/reset/[0-9a-f]{64})", text)
        assert found, text
        return found[1]
