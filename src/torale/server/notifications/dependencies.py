"""Dependencies of endpoints in this room."""

from typing import Annotated

from fastapi import Depends, Path

from torale.server.crypto import VAULT, Vault
from torale.server.database import SESSIONS, Sessions
from torale.server.engine.base import Jobs
from torale.server.notifications.channels.registry import SENDERS, Senders
from torale.server.notifications.service import Channels
from torale.server.notifications.verification.codes import VerificationCodes

TheVault = Annotated[Vault, Depends(VAULT)]
TheSenders = Annotated[Senders, Depends(SENDERS)]
OwnSessions = Annotated[Sessions, Depends(SESSIONS)]
"""For an endpoint that talks to the network, or answers an error and still commits."""

ChannelId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]


def _channels(vault: TheVault, senders: TheSenders, jobs: Jobs) -> Channels:
    return Channels(vault, senders, VerificationCodes(vault, jobs))


TheChannels = Annotated[Channels, Depends(_channels)]
