"""Routes that know their caller before they read a body."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant

from torale.server.auth.dependencies import Credential, find_caller
from torale.server.idempotency import OnceRoute


class CallerRoute(OnceRoute):
    """Finds the caller first, where an endpoint asks for one.

    FastAPI reads and parses the body ahead of all dependencies. Strangers would have it parse
    what they like, and broken JSON would be answered without a look at credential or limits.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        if not _asks_for_caller(self.dependant):
            return answer

        async def answer_caller(request: Request) -> Response:
            await find_caller(request)
            return await answer(request)

        return answer_caller


def _asks_for_caller(dependant: Dependant) -> bool:
    asks = isinstance(dependant.call, Credential)
    return asks or any(map(_asks_for_caller, dependant.dependencies))
