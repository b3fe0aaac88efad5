"""The installed command in a real terminal, against a real server."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cli.terminals import CTRL_C, Answer, Terminal, stranger
from tests.e2e.servers import Server, Shop, command, create, open_shop

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
# What the command itself may write: its own progress line, and the looks of a heading.
OURS = re.compile(r"\r\x1b\[K|\x1b\[[0-9;]*m")
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b5m\u202egnp.exe\r\b\x00 end"
PATH_OF_TASKS = "/api/v1/tasks"


@dataclass
class Place:
    """A server, the shop it reads, and a task that watches a lamp there."""

    server: Server
    shop: Shop
    task: dict[str, Any]
    home: Path

    def env(self, **more: str) -> dict[str, str]:
        known = {"TORALE_API_KEY": self.server.key, "TORALE_API_URL": self.server.url}
        return {"HOME": str(self.home), "PATH": "/usr/bin:/bin", **known, **more}

    def terminal(self, *arguments: str, columns: int = 120, **more: str) -> Terminal:
        return Terminal(*arguments, env=self.env(**more), columns=columns)

    def make_task(self) -> str:
        """Make another task, for a test that executes it."""
        with self.server.client() as client:
            lamp, hook = f"{self.shop.url}/lamp-0", f"{self.shop.url}/hook"
            made = create(client, lamp, hook, run_immediately=False)
        return str(made["id"])

    def ask(self, path: str) -> bytes:
        headers = {"Authorization": f"Bearer {self.server.key}"}
        answer = httpx2.get(self.server.url + path, headers=headers, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.content


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("terminal")
    with open_shop() as shop, Server(folder) as server:
        (lamp,) = shop.lamps(1)
        with server.client() as client:
            task = create(client, lamp, f"{shop.url}/hook", run_immediately=False)
        yield Place(server, shop, task, folder)


def test_a_typed_key_is_never_shown(place: Place, tmp_path: Path) -> None:
    with place.terminal("auth", "set-api-key", TORALE_API_KEY="", HOME=str(tmp_path)) as terminal:
        terminal.until("API key: ")
        terminal.type(place.server.key + "\n")
        assert terminal.end() == 0, terminal.text
        said = terminal.text

    assert "✓ Authenticated as e2e@example.com" in said
    assert place.server.key not in said
    assert "sk_" not in said
    stored = json.loads((tmp_path / ".torale" / "config.json").read_text())
    assert stored == {"api_url": place.server.url, "api_key": place.server.key}


def test_colours_are_for_terminals_that_want_them(place: Place) -> None:
    with place.terminal("task", "list") as terminal:
        assert terminal.end() == 0
        assert COLOUR.search(terminal.text)
    with place.terminal("task", "list", "--no-color") as terminal:
        assert terminal.end() == 0
        assert not COLOUR.search(terminal.text)
    with place.terminal("task", "list", NO_COLOR="1") as terminal:
        assert terminal.end() == 0
        assert not COLOUR.search(terminal.text)

    piped = command("task", "list", env=place.env(FORCE_COLOR="1"))
    assert "\x1b" not in piped.stdout
    assert place.task["id"] in piped.stdout


@pytest.mark.parametrize("columns", [30, 60, 100])
def test_nothing_is_lost_in_a_narrow_terminal(place: Place, columns: int) -> None:
    with place.terminal("task", "list", columns=columns) as terminal:
        assert terminal.end() == 0
        said = terminal.text

    assert place.task["id"] in said, "an id that is cut off is no id"
    for word in ("Aurora", "active", "0 0 1 1 *"):
        assert word in said


def test_waiting_shows_how_long(place: Place) -> None:
    task_id = place.make_task()
    place.shop.block_pages()
    with place.terminal("task", "execute", task_id, "--wait") as terminal:
        terminal.until("\r\x1b[Krunning … ")
        place.shop.release()
        assert terminal.end() == 0, terminal.text
        *_, shown = terminal.text.split("\r\x1b[K")

    assert re.search(r"^verdict +met$", shown, re.MULTILINE)
    assert "…" not in shown, "the line of progress is gone"


def test_ctrl_c_ends_without_a_traceback(place: Place) -> None:
    task_id = place.make_task()
    place.shop.block_pages()
    try:
        with place.terminal("task", "execute", task_id, "--wait") as terminal:
            terminal.until("running … ")
            terminal.type(CTRL_C)
            assert terminal.end() == 130
            said = terminal.text
    finally:
        place.shop.release()
    with place.terminal("task", "logs", task_id, "--follow") as terminal:
        terminal.until("  met  ")  # the execution went on without us
        terminal.type(CTRL_C)
        assert terminal.end() == 130
        said += terminal.text

    assert "Traceback" not in said
    assert "Interrupt" not in said


def test_deleting_asks_first(place: Place) -> None:
    task_id = place.make_task()
    with place.terminal("task", "delete", task_id) as terminal:
        terminal.until("Delete 1 task(s) for good? [y/N]: ")
        terminal.type("n\n")
        assert terminal.end() == 1
    assert place.ask(f"{PATH_OF_TASKS}/{task_id}"), "it is still there"

    with place.terminal("task", "delete", task_id) as terminal:
        terminal.until("[y/N]: ")
        terminal.type("y\n")
        assert terminal.end() == 0
        assert f"✓ Deleted {task_id}" in terminal.text
    assert command("task", "get", task_id, env=place.env()).returncode == 4


def _hostile(body: bytes) -> Answer:
    """Return an answer in which every free text is hostile."""
    content = json.loads(body)
    for task in content.get("tasks", [content]):
        task.update(name=HOSTILE, search_query=HOSTILE, sources=[HOSTILE])
        task["last_known_state"] = {"answer": HOSTILE, "facts": {}, "timestamp": task["created_at"]}
    return Answer(json.dumps(content).encode())


@pytest.mark.parametrize("form", [(), ("--json",), ("--yaml",)])
def test_what_a_server_says_never_steers_the_terminal(place: Place, form: tuple[str, ...]) -> None:
    single = _hostile(place.ask(f"{PATH_OF_TASKS}/{place.task['id']}"))
    several = _hostile(place.ask(PATH_OF_TASKS))
    wrong = Answer(json.dumps({"detail": HOSTILE}).encode(), 409)
    for answer, arguments, code in (
        (single, ("task", "get", place.task["id"]), 0),
        (several, ("task", "list"), 0),
        (wrong, ("task", "get", place.task["id"], "--debug"), 1),
    ):
        with (
            stranger(answer) as server,
            place.terminal(*arguments, *form, TORALE_API_URL=server.url) as terminal,
        ):
            assert terminal.end() == code, terminal.text
            said = OURS.sub("", terminal.text)

        assert "end" in said, "the harmless part is shown"
        assert not set("\x1b\x07\x08\x00\x9b\u202e\r") & set(said), said


def test_too_many_requests_have_an_exit_code_of_their_own(place: Place) -> None:
    refused = Answer(
        b'{"detail": "Rate limit exceeded", "retry_after": 60}', 429, {"Retry-After": "60"}
    )
    with stranger(refused) as server:
        ended = command("task", "list", env=place.env(TORALE_API_URL=server.url))

    assert ended.returncode == 5
    assert ended.stdout == ""
    assert ended.stderr == "error: Rate limit exceeded; try again in 60 s\n"
    assert len(server.asked) == 1, "it is not kept waiting"
