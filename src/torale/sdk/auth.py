"""Calls about the caller and API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from torale.contract.auth import KeyCreated, KeyOut, Scope, UserOut
from torale.sdk.pages import Slice
from torale.sdk.tasks import Id
from torale.sdk.transport.calls import (
    Call,
    PageCall,
    Resource,
    S,
    listing,
    nothing,
    operation,
    path,
    present,
)

_KEYS = "/auth/api-keys"
_LISTED = 200  # the server lists no more, and all at once
_keys = TypeAdapter(list[KeyOut])


def _read_keys(raw: bytes) -> Slice[KeyOut]:
    found = _keys.validate_json(raw)
    return Slice(found, len(found), 1, _LISTED)


class Auth(Resource[S]):
    """Who is calling: `client.auth`."""

    @operation
    @staticmethod
    def me() -> Call[UserOut]:
        """Return the user whose key this is.

        Raises:
            AuthenticationError: The key does not hold.
        """
        return Call(method="GET", path="/auth/me", read=UserOut.model_validate_json)


class ApiKeys(Resource[S]):
    """Keys for programs: `client.api_keys`."""

    @operation
    @staticmethod
    def create(
        name: str,
        *,
        expires_at: datetime | None = None,
        scopes: Sequence[Scope | Literal["read", "write", "admin"]] | None = None,
    ) -> Call[KeyCreated]:
        """Make an API key. Its text is in `key`, this once and never again.

        Args:
            name: What it is for, 1 to 100 characters.
            expires_at: Never, if absent. A time without zone is taken as UTC.
            scopes: `read` and `write`, if absent; never more than the maker has.

        Raises:
            ConflictError: You have 50 active keys; or an attempt of this call made a key and its
                answer was lost: revoke that one and make another.
        """
        return Call(
            method="POST",
            path=_KEYS,
            body=present({"name": name, "expires_at": expires_at, "scopes": scopes}),
            read=KeyCreated.model_validate_json,
        )

    @listing
    @staticmethod
    def list() -> PageCall[KeyOut]:
        """List the newest 200 API keys, revoked ones included, newest first."""

        def at(_: int) -> Call[Slice[KeyOut]]:
            return Call(method="GET", path=_KEYS, read=_read_keys)

        return PageCall(at=at, page=1)

    @operation
    @staticmethod
    def revoke(key_id: Id) -> Call[None]:
        """Revoke an API key, at once and for good.

        Raises:
            NotFoundError: You have no such key, or it is revoked already.
        """
        return Call(method="DELETE", path=path(_KEYS + "/{}", key_id), read=nothing)
