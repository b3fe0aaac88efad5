"""Where to look: every page of the dashboard, in every state that the sample account has."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tests.browser.sample import STORIES


@dataclass(frozen=True)
class Visit:
    """A page in one state.

    Attributes:
        name: What it is called in file names.
        path: Where it is.
        press: What to press once it is there, as a selector.
    """

    name: str
    path: str
    press: str = ""


STRANGERS = (
    Visit("landing", "/"),
    Visit("sign-in", "/sign-in"),
    Visit("sign-up", "/sign-up"),
    Visit("forgot", "/forgot"),
    Visit("not-found", "/nowhere"),
)
BEGINNERS = (
    Visit("tasks-empty", "/tasks"),
    Visit("inbox-empty", "/inbox"),
    Visit("keys-empty", "/settings/api-keys"),
    Visit("channels-empty", "/settings/notifications"),
)
SCREENS = (
    Visit("tasks", "/tasks"),
    Visit("tasks-none-match", "/tasks?q=nothing+of+that+name"),
    Visit("new", "/new"),
    Visit("templates", "/templates"),
    Visit("inbox", "/inbox"),
    Visit("keys", "/settings/api-keys"),
    Visit("key-new", "/settings/api-keys/new"),
    Visit("channels", "/settings/notifications"),
    Visit("deliveries", "/settings/notifications/deliveries"),
    Visit("deliveries-none", "/settings/notifications/deliveries?status=failed"),
    Visit("account", "/settings/account"),
    Visit("api-docs", "/api-docs"),
    Visit("console", "/console"),
    *(
        Visit(f"console-{part}", f"/console/{part}")
        for part in ("users", "executions", "errors", "queue", "audit")
    ),
)


def visits(folder: Path) -> tuple[Visit, ...]:
    """Return the pages of whoever has the sample account, tasks and executions included."""
    with closing(sqlite3.connect(folder / "torale.db")) as database:
        rows = database.execute("SELECT id, name FROM tasks").fetchall()
        tasks = {name: UUID(key) for key, name in rows}
        last = {
            name: UUID(
                database.execute(
                    "SELECT id FROM executions WHERE task_id = ? ORDER BY created_at DESC LIMIT 1",
                    (task.hex,),
                ).fetchone()[0]
            )
            for name, task in tasks.items()
        }
    found = list(SCREENS)
    for word, story in zip(_WORDS, STORIES, strict=True):
        at = f"/tasks/{tasks[story.name]}"
        found.append(Visit(f"task-{word}", at))
        found.append(Visit(f"execution-{word}", f"{at}/executions/{last[story.name]}"))
    found.append(Visit("changes", f"/tasks/{tasks[STORIES[0].name]}?show=changes&days=90"))
    found.append(Visit("backtest", f"/tasks/{tasks[STORIES[0].name]}/backtest"))
    found.append(Visit("edit", f"/tasks/{tasks[STORIES[0].name]}/edit"))
    return tuple(found)


# What is special about each story, in their order.
_WORDS = ("number", "stock", "version", "completed", "unknown", "failing", "paused")
