"""Apprise: chat services, through the library of that name.

The library dials by itself, past our guard of addresses, and some of its services run programs or
read files. So only services whose host is fixed by the service are let in, and only options that
do not change where a message goes.
"""

import asyncio
import importlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from torale.server.notifications.channels.base import ChannelKind, Message
from torale.server.notifications.channels.fields import ChannelField
from torale.server.notifications.messages.content import chat_text, headline
from torale.server.notifications.rules import Outcome

TIMEOUT = timedelta(seconds=30)
_SHOWN = 4


class ChatService(NamedTuple):
    """A plugin of apprise: its name for people, its module, its class."""

    name: str
    module: str
    plugin: str


HOSTED = {
    "discord": ChatService("Discord", "discord", "NotifyDiscord"),
    "gchat": ChatService("Google Chat", "google_chat", "NotifyGoogleChat"),
    "ntfy": ChatService("ntfy.sh", "ntfy", "NotifyNtfy"),
    "ntfys": ChatService("ntfy.sh", "ntfy", "NotifyNtfy"),
    "opsgenie": ChatService("Opsgenie", "opsgenie", "NotifyOpsgenie"),
    "pagerduty": ChatService("PagerDuty", "pagerduty", "NotifyPagerDuty"),
    "pbul": ChatService("Pushbullet", "pushbullet", "NotifyPushBullet"),
    "pover": ChatService("Pushover", "pushover", "NotifyPushover"),
    "prowl": ChatService("Prowl", "prowl", "NotifyProwl"),
    "slack": ChatService("Slack", "slack", "NotifySlack"),
    "tgram": ChatService("Telegram", "telegram", "NotifyTelegram"),
    "wxteams": ChatService("Webex", "webexteams", "NotifyWebexTeams"),
}
# `template`, `blocks`, `attach` and the like read files or fetch addresses: they are not here.
_OPTIONS = frozenset(
    {"footer", "format", "image", "overflow", "priority", "silent", "sound", "thread", "topic"}
)
_TOPIC = re.compile(r"ntfys?://[\w\-]{1,64}/?(?:\?.*)?")

Notify = Callable[[str, str, str], bool]
"""Tells `(target, title, text)`; answers whether the service took it."""


def _open(target: str) -> Any:
    """Return the plugin of a target, ready to notify.

    Only that one plugin is loaded: the library's own way in loads all of them, for seconds.

    Raises:
        ValueError: The target is incomplete, or has an option that we do not let in.
    """
    import apprise  # noqa: PLC0415  (a third of a second that most servers never need)

    service = HOSTED[target.split("://", 1)[0]]
    plugin = getattr(importlib.import_module(f"apprise.plugins.{service.module}"), service.plugin)
    parsed = plugin.parse_url(target)
    if not parsed:
        raise ValueError(f"This is not a complete URL of {service.name}.")
    # As the library reads them: it takes apart more than a URL's query.
    odd = [name for name in parsed["qsd"] if name not in _OPTIONS]
    if odd or parsed["qsd+"] or parsed["qsd-"] or parsed["qsd:"]:
        raise ValueError("This apprise URL has an option that cannot be used here.")
    parsed["asset"] = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
    try:
        return plugin(**parsed)
    except TypeError:
        raise ValueError(f"This is not a complete URL of {service.name}.") from None


def _notify(target: str, title: str, text: str) -> bool:
    return bool(_open(target).notify(title=title, body=text))


class AppriseKind(ChannelKind):
    label = "Chat"
    choice = "Chat, through an Apprise URL"
    fields = (ChannelField("url", "Address", "an Apprise URL such as slack://…"),)

    def __init__(self, notify: Notify = _notify) -> None:
        self._notify = notify

    def normalise(self, target: str) -> str:
        target = target.strip()
        if not target.isascii() or not target.isprintable() or " " in target:
            raise ValueError("An apprise URL holds printable ASCII characters only, no spaces.")
        scheme, separator, rest = target.partition("://")
        scheme = scheme.lower()
        if scheme not in HOSTED or not separator:
            names = ", ".join(sorted(HOSTED))
            raise ValueError(f"Only these services can be used: {names}; for others use a webhook.")
        target = f"{scheme}://{rest}"
        # In its other form, `ntfy://host/topic` names a server of one's own.
        if scheme.startswith("ntfy") and not _TOPIC.fullmatch(target):
            raise ValueError("Only topics of ntfy.sh can be used: ntfy://topic")
        _open(target)
        return target

    def show(self, target: str) -> str:
        scheme = target.split("://", 1)[0]
        return f"{scheme}://…{target[-_SHOWN:]}"

    async def send(self, message: Message) -> Outcome:
        title, text = headline(message.event, message.data), chat_text(message.data)
        try:
            async with asyncio.timeout(TIMEOUT.total_seconds()):
                taken = await asyncio.to_thread(self._notify, message.target, title, text)
        except TimeoutError:
            return Outcome(ok=False, error="The service did not answer in time.")
        if not taken:
            return Outcome(ok=False, error="The service did not take the message.")
        return Outcome(ok=True)


KIND = AppriseKind
