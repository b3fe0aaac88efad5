"""What endpoints of this room are handed; the composition root put it into the app's state."""

from typing import Annotated

from fastapi import Depends, Path, Request

from torale.server.crypto import Vault
from torale.server.database import Sessions
from torale.server.engine.base import Jobs
from torale.server.notifications.channels.registry import Senders
from torale.server.notifications.service import Channels
from torale.server.notifications.verification_codes import VerificationCodes


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


def _senders(request: Request) -> Senders:
    senders: Senders = request.app.state.senders
    return senders


TheVault = Annotated[Vault, Depends(_vault)]
TheSenders = Annotated[Senders, Depends(_senders)]
OwnSessions = Annotated[Sessions, Depends(_sessions)]
"""For an endpoint that talks to the network, or answers an error and still commits."""

ChannelId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]


def _channels(vault: TheVault, senders: TheSenders, jobs: Jobs) -> Channels:
    return Channels(vault, senders, VerificationCodes(vault, jobs))


TheChannels = Annotated[Channels, Depends(_channels)]
