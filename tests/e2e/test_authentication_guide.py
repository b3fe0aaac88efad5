"""The guide to authentication runs as it stands, and servers answer as it shows."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.servers import Server
from tests.support.clerk import ClerkStandIn
from tests.support.guides import GUIDES, environment, run_shell
from torale.server.clock import utc_now

GUIDE = (GUIDES / "authentication.md").read_text()
LOCAL = "\n## On your own machine, without keys\n"
HOST = "https://torale.example.com"
END = "\x1e"
MAY_BE_NULL = ("expires_at", "last_used_at")

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A block that runs, and the answer that is shown below it."""

    script: str
    kind: str = ""
    answer: str = ""


def examples(page: str) -> list[Shown]:
    """Return what runs, in order; Python as a shell runs it."""
    found: list[Shown] = []
    for kind, text in _BLOCK.findall(page):
        if kind == "sh":
            found.append(Shown(text))
        elif kind == "python":
            found.append(Shown(f"python - <<'PROGRAM'\n{text}PROGRAM\n"))
        else:
            assert found, "an answer to nothing"
            assert not found[-1].answer, f"two answers to {found[-1].script!r}"
            found[-1] = Shown(found[-1].script, kind, text)
    return found


def run_all(shown: list[Shown], server: Server, home: Path, **more: str) -> Iterator[str]:
    """Run the blocks in one shell; yields what each printed."""
    script = "".join(f"{one.script}\nprintf '{END}'\n" for one in shown)
    known = {**server.env, **environment(home), **more}
    ran = run_shell(script.replace(HOST, server.url), known)
    assert ran.returncode == 0, ran.stderr[-2000:]
    *printed, rest = ran.stdout.split(END)
    assert rest == ""
    yield from printed


def fits(answered: Any, shown: Any, name: str = "") -> bool:
    """Tell whether an answer has the members and types that are shown."""
    if isinstance(shown, dict) and isinstance(answered, dict):
        same = answered.keys() == shown.keys()
        return same and all(fits(answered[one], shown[one], one) for one in shown)
    if isinstance(shown, list) and isinstance(answered, list) and shown:
        return bool(answered) and all(fits(one, shown[0]) for one in answered)
    if None in (answered, shown):
        return name in MAY_BE_NULL
    return type(answered) is type(shown)


def read_http(text: str) -> tuple[str, dict[str, str], Any]:
    """Return status line, headers by lower-case name, and body."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
    return status.strip(), headers, json.loads(body) if body.strip() else None


def without_numbers(text: str) -> str:
    return re.sub(r"\d+", "N", text)


def check_http(printed: str, answer: str) -> None:
    """Compare status, named headers but for their numbers, and the body but for its numbers."""
    status, headers, body = read_http(printed)
    shown_status, shown_headers, shown_body = read_http(answer)
    assert status == shown_status
    for name, value in shown_headers.items():
        assert without_numbers(headers[name]) == without_numbers(value), name
    if shown_body is not None:
        assert without_numbers(json.dumps(body)) == without_numbers(json.dumps(shown_body))


def test_the_guide_runs_and_answers_are_as_shown(tmp_path: Path) -> None:
    shown = examples(GUIDE.partition(LOCAL)[0])
    assert len(shown) > 15
    with ClerkStandIn() as clerk:
        clerk.add_user("user_ada", "ada@example.com")
        with Server(tmp_path, **clerk.environment) as server:
            token = clerk.token("user_ada", now=utc_now())
            printed = list(run_all(shown, server, tmp_path, TOKEN=token))

    answers = 0
    for block, text in zip(shown, printed, strict=True):
        if block.kind == "json":
            assert fits(json.loads(text), json.loads(block.answer)), f"{block.script}\n{text}"
            answers += 1
        elif block.kind == "http":
            check_http(text, block.answer)
            answers += 1
    assert answers > 10
    said = "\n".join(printed)
    assert "Authenticated as you@example.com" in said
    assert re.search(r"^sk_\.\.\.[A-Za-z0-9]{5} \['read'\]$", said, re.MULTILINE)


def test_without_keys_the_guide_runs_on_this_machine(tmp_path: Path) -> None:
    shown = examples(GUIDE.partition(LOCAL)[2])
    with Server(tmp_path, TORALE_NOAUTH="1") as server:
        *_, printed = run_all(shown, server, tmp_path, TORALE_API_URL=server.url)

    assert printed.strip() == "dev@localhost"
