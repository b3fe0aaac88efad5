import pytest

from tests.server.notifications.mails.sample_message import message
from tests.support.fakes import START
from torale.server.notifications.channels.apprise import AppriseKind

SLACK = "slack://TOKENA123/TOKENB456/tokenCtokenCtokenCtokenC12"


@pytest.mark.parametrize(
    "target",
    [
        SLACK,
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "tgram://123456789:abcdefg_hijklmnop/12315544/",
        "ntfy://my-topic",
        "ntfys://my-topic?priority=high",
        "gchat://workspace/key/token",
        f"pover://{'u' * 30}@{'a' * 30}",
        f"pbul://{'a' * 32}",
        f"prowl://{'a' * 40}",
        f"wxteams://{'a' * 80}",
        f"pagerduty://{'a' * 32}@{'b' * 20}",
        "opsgenie://aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa",
    ],
)
def test_a_hosted_service_can_be_told(target: str) -> None:
    sender = AppriseKind()

    normal = sender.normalise(f" {target} ")

    assert normal == target
    assert len(sender.show(normal).partition("://…")[2]) == 4


@pytest.mark.parametrize(
    "target",
    [
        "json://127.0.0.1",
        "jsons://a.example",
        "xml://a.example",
        "form://a.example",
        "apprise://a.example/token",
        "dbus://",
        "windows://",
        "macosx://",
        "syslog://",
        "gnome://",
        "glib://",
        "mailto://user:pw@gmail.com",
        "mmost://10.0.0.1/token",
        "matrix://10.0.0.1/#room",
        "gotify://10.0.0.1/token",
        "ntfy://10.0.0.1/topic",
        "ntfy://user:pw@host/topic",
        "ntfy://topic?mode=private",
        "ntfy://topic:8080",
        "ntfy://topic?attach=file:///etc/passwd",
        "slack://",
        "slack:TOKENA123",
        "slack",
        "https://hooks.slack.com/services/T1/B1/x",
        f"{SLACK}?template=/etc/passwd",
        f"{SLACK}/#general?template=/etc/passwd",
        f"{SLACK}?format=text;template=/etc/passwd",
        f"{SLACK}?+X-Header=1",
        f"{SLACK}?verify=no",
        f"{SLACK}/a b",
        "file:///etc/passwd",
    ],
)
def test_what_runs_programs_reads_files_or_names_a_host_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z][^\n]+"):
        AppriseKind().normalise(target)


@pytest.mark.parametrize("taken", [True, False])
async def test_a_service_takes_a_message_or_does_not(taken: bool) -> None:
    told: list[tuple[str, str, str]] = []

    def notify(target: str, title: str, text: str) -> bool:
        told.append((target, title, text))
        return taken

    outcome = await AppriseKind(notify).send(message(SLACK, now=START))

    assert outcome.ok is taken
    assert (outcome.error is None) is taken
    ((target, title, text),) = told
    assert (target, title) == (SLACK, "Condition met: Launch")
    assert text.startswith("The launch is on 5 May.")
    assert text.endswith("https://torale.example/tasks/1")
