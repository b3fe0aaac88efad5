"""Task editor: one form to make or change a task, with a preview and the next five runs."""

from dataclasses import dataclass, field, fields, replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from torale.contract.tasks import TaskCreate, TaskOut, TaskUpdate
from torale.server.dashboard.tasks import schedules
from torale.server.dashboard.tasks.task_list import PATH, locked, row
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.forms import Problems, problems_of, read_form
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.dashboard.web.times import known_zone
from torale.server.database import Session
from torale.server.errors import InvalidFieldError, known_id
from torale.server.tasks import service, templates
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.ports import ChannelBook, Channels, Executions, RegressionChecks
from torale.server.tasks.presentation import Display

BEHAVIORS = (
    ("once", "Once", "Then the task is completed"),
    ("track_state", "Each change", "When the answer differs"),
    ("always", "Always", "After every check that meets it"),
)

router = APIRouter()


def _words() -> str:
    """Make a field of many values, typed with white space between them."""
    return field(default="", metadata={"is_list": True})


@dataclass(frozen=True, slots=True)
class Draft:
    """A task as typed. A field named like one of the wire is read, sent and shown by its name."""

    name: str = ""
    search_query: str = ""
    condition_description: str = ""
    sources: str = _words()
    notify_behavior: str = "once"
    timezone: str = "UTC"
    emails: str = ""
    webhooks: str = ""
    chosen: tuple[str, ...] = ()
    """Ids of the channels that are told, beside the addresses above."""

    @property
    def named_sources(self) -> list[str]:
        """The sources as a request names them."""
        return self.sources.split()


_WIRE_FIELDS = tuple(known for known in fields(Draft) if known.name in TaskCreate.model_fields)


def draft_of(form: FormData) -> Draft:
    """Return what was typed; a zone or a choice that makes no sense is the default."""
    known = [known for known in fields(Draft) if isinstance(known.default, str)]
    typed = Draft(
        **{text.name: str(form.get(text.name, text.default)).strip() for text in known},
        chosen=tuple(str(channel_id) for channel_id in form.getlist("channel")),
    )
    behaviors = {behavior for behavior, *_ in BEHAVIORS}
    return replace(
        typed,
        timezone=typed.timezone if known_zone(typed.timezone) else "UTC",
        notify_behavior=typed.notify_behavior if typed.notify_behavior in behaviors else "once",
    )


def _of_task(task: TaskOut) -> Draft:
    shown = {known.name: getattr(task, known.name) for known in _WIRE_FIELDS}
    return Draft(
        **{
            name: value if isinstance(value, str) else "\n".join(value)
            for name, value in shown.items()
        },
        chosen=tuple(str(target.channel_id) for target in task.notifications),
    )


def _values(draft: Draft, cron: str) -> dict[str, object]:
    typed: dict[str, str] = {known.name: getattr(draft, known.name) for known in _WIRE_FIELDS}
    values: dict[str, object] = {
        known.name: typed[known.name].split() if known.metadata else typed[known.name]
        for known in _WIRE_FIELDS
    }
    if not draft.name:
        del values["name"]
    return {**values, "schedule": cron, "notifications": _targets(draft)}


def _targets(draft: Draft) -> list[dict[str, str]]:
    emails = draft.emails.replace(",", " ").split()
    return [
        *({"type": "channel", "id": channel_id} for channel_id in draft.chosen),
        *({"type": "email", "address": address} for address in emails),
        *({"type": "webhook", "url": url} for url in draft.webhooks.split()),
    ]


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=100)


Typed = Annotated[FormData, Depends(_form)]


def _texts(form: FormData) -> dict[str, str]:
    return {key: value for key, value in form.items() if isinstance(value, str)}


def schedule_of(page: SignedInPage, form: FormData, draft: Draft) -> schedules.Schedule:
    days = [str(day) for day in form.getlist("day")]
    return schedules.read(_texts(form), days, draft.timezone, page.now)


@router.get("/new")
async def show_new(
    page: ViewerPage,
    session: Session,
    channels: Channels,
    request: Request,
    source: Annotated[str, Query(alias="from")] = "",
) -> Response:
    """Show the form: empty, from a template, from a question, or as a copy of a task."""
    query = request.query_params
    template = templates.find(query.get("template", ""))
    if source:
        task = await service.get(session, page.viewer.user_id, known_id(source, TASK_MISSING))
        draft, cron = _of_task(await Display(session, channels).show(task)), task.schedule
    elif template:
        examples = {blank.name: blank.example for blank in template.placeholders}
        draft = Draft(
            search_query=templates.fill(template.search_query, examples),
            condition_description=templates.fill(template.condition_description, examples),
            notify_behavior=template.notify_behavior,
            emails=page.viewer.email,
            timezone=str(page.zone),
        )
        cron = template.schedule
    else:
        draft = Draft(
            search_query=query.get("query", "")[:500],
            emails=page.viewer.email if "@" in page.viewer.email else "",
            timezone=str(page.zone),
        )
        cron = "0 9 * * *"
    plan = schedules.of_cron(cron, draft.timezone, page.now)
    return await show_form(page, session, channels, draft, plan, template=template)


@router.post("/new")
async def create(
    page: ViewerPage,
    form: Typed,
    session: Session,
    channels: Channels,
    executions: Executions,
) -> Response:
    """Start watching, and check at once."""
    draft = draft_of(form)
    plan = schedule_of(page, form, draft)
    spec, problems = read_form(TaskCreate, {**_values(draft, plan.cron), "run_immediately": True})
    if spec is None or plan.problem:
        return await show_form(page, session, channels, draft, plan, problems)
    try:
        async with session.begin_nested():
            task = await service.create(
                session, page.viewer.user_id, spec, channels, executions, page.now
            )
    except InvalidFieldError as error:
        return await show_form(page, session, channels, draft, plan, problems_of(error))
    return page.redirect(f"{PATH}/{task.id}", toast=Toast(f"Watching “{task.name}”."))


@router.get(f"{PATH}/{{task_id}}/edit")
async def show_edit(
    task_id: str, page: ViewerPage, session: Session, channels: Channels
) -> Response:
    """Show the form with what the task is."""
    task = await service.get(session, page.viewer.user_id, known_id(task_id, TASK_MISSING))
    draft = _of_task(await Display(session, channels).show(task))
    plan = schedules.of_cron(task.schedule, task.timezone, page.now)
    return await show_form(page, session, channels, draft, plan, task_id=str(task.id))


@router.post(f"{PATH}/{{task_id}}/edit")
async def change_task(
    task_id: str,
    page: ViewerPage,
    form: Typed,
    session: Session,
    channels: Channels,
    checks: RegressionChecks,
) -> Response:
    """Change a task, from its next check on; tell which corrections it now contradicts."""
    task = await locked(session, page, task_id)
    draft = draft_of(form)
    plan = schedule_of(page, form, draft)
    spec, problems = read_form(TaskUpdate, _values(draft, plan.cron))
    if spec is None or plan.problem:
        return await show_form(page, session, channels, draft, plan, problems, task_id=task_id)
    try:
        change = await service.change(Display(session, channels), task, spec, checks, now=page.now)
    except InvalidFieldError as error:
        wrong = problems_of(error)
        return await show_form(page, session, channels, draft, plan, wrong, task_id=task_id)
    if change.regressions:
        shown = row(task, [])
        return page.render(
            "tasks/regressions.html", nav="tasks", task=shown, regressions=change.regressions
        )
    return page.redirect(
        f"{PATH}/{task_id}", toast=Toast("Saved. It holds from the next check on.")
    )


@router.post("/new/schedule")
async def plan_schedule(page: ViewerPage, form: Typed) -> Response:
    """Show the next five runs of what is chosen. Nothing is stored."""
    draft = draft_of(form)
    return page.render("tasks/_schedule.html", plan=schedule_of(page, form, draft), **_fixed(draft))


def _fixed(draft: Draft) -> dict[str, Any]:
    return {
        "draft": draft,
        "kinds": schedules.KINDS,
        "days": schedules.DAYS,
        "minutes": schedules.MINUTES,
        "hours": schedules.HOURS,
    }


async def show_form(
    page: SignedInPage,
    session: AsyncSession,
    channels: ChannelBook,
    draft: Draft,
    plan: schedules.Schedule,
    problems: Problems | None = None,
    **more: Any,
) -> Response:
    """Show the form as it is filled in, with the channels that its viewer has."""
    context: dict[str, Any] = {
        "task_id": None,
        "template": None,
        "finding": None,
        "is_previewed": False,
        **more,
    }
    known = await channels.of_user(session, page.viewer.user_id)
    listed = {str(channel.id) for channel in known}
    return page.render(
        "tasks/editor.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if problems is not None else HTTPStatus.OK,
        nav="new",
        plan=plan,
        problems=problems or Problems(),
        behaviors=BEHAVIORS,
        channels=known,
        unlisted=[channel_id for channel_id in draft.chosen if channel_id not in listed],
        **_fixed(draft),
        **context,
    )
