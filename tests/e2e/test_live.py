"""Open pages of one process follow what another does, and do not keep it from stopping."""

import re
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2

from tests.e2e.servers import Server, Shop, create, until
from tests.support.pages import BROWSER

EMAIL = "e2e@example.com"  # whose key the client of a server has
STREAMS = 3


class Listener:
    """Reads a stream to its end, on a thread of its own."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.heard: list[str] = []
        self.failed = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def hear(self, line: str, what: str) -> None:
        until(lambda: line in self.heard, what, seconds=10)

    def _read(self) -> None:
        try:
            for line in self.response.iter_lines():
                self.heard.append(line)
        except httpx2.HTTPError as error:
            self.failed = repr(error)


@contextmanager
def listen(browser: httpx2.Client) -> Generator[Listener]:
    with browser.stream("GET", "/events", headers={"Accept-Encoding": "gzip"}) as response:
        assert response.status_code == 200, response.headers
        yield Listener(response)


def set_up(server: Server, browser: httpx2.Client) -> None:
    """Become the first admin by the link that the server prints, and be signed in."""
    link = re.search(r"http\S+/setup/\S+", server.log)
    assert link, server.log
    form = {"email": EMAIL, "password": "correct horse battery"}
    assert browser.post(link.group(), data=form).status_code == 303


def test_pages_follow_another_process_and_let_theirs_stop(
    tmp_path: Path, postgres_url: str, shop: Shop
) -> None:
    (lamp,) = shop.lamps(1)
    secret = {"TORALE_SECRET_KEY": "the-same-in-every-process-0123456789"}
    folders = tmp_path / "front", tmp_path / "worker"
    for folder in folders:
        folder.mkdir()
    front = Server(folders[0], "serve", "--no-worker", database_url=postgres_url, **secret)
    worker = Server(folders[1], "worker", database_url=postgres_url, **secret)
    with ExitStack() as stack:
        stack.enter_context(front)
        stack.enter_context(worker)
        browser = stack.enter_context(
            httpx2.Client(base_url=front.url, headers=BROWSER, trust_env=False, timeout=30)
        )
        set_up(front, browser)
        pages = [stack.enter_context(listen(browser)) for _ in range(STREAMS)]
        for page in pages:
            page.hear('data: {"count": 0, "told": "0"}', "the present, at once")
            assert "Content-Encoding" not in page.response.headers, "nothing waits to be packed"

        shop.block_pages()
        with front.client() as client:
            task = create(client, lamp, f"{shop.url}/hook")["id"]
        for page in pages:
            page.hear(f'data: {{"id": "{task}", "running": true}}', "the worker is at it")
        shop.release()
        for page in pages:
            page.hear(f'data: {{"id": "{task}", "running": false}}', "the worker is done")
            page.hear('data: {"count": 1, "told": "1"}', "it waits in the inbox")

        code, seconds = front.stop()
        assert (code, seconds < 10) == (0, True), f"{seconds:.1f} s\n{front.log}"
        until(lambda: all(page.is_over for page in pages), "the streams end", seconds=5)
        assert [page.failed for page in pages] == [""] * STREAMS, "each ends as it should"
        assert "Traceback" not in front.log
