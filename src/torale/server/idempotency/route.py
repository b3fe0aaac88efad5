"""Routes whose answers may be kept."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from torale.server.idempotency.dependencies import HeldKey, Replay


class OnceRoute(APIRoute):
    """Keeps the answer of a request that claims its key, before its transaction commits.

    What runs here runs between the endpoint and the commit of the request's transaction: both
    what it did and that it was answered are there, or neither. Only success is kept: whatever
    failed was undone, and may be tried again.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_once(request: Request) -> Response:
            try:
                response = await answer(request)
            except Replay as replay:
                return replay.response
            held_key: HeldKey | None = getattr(request.state, "held_key", None)
            if held_key is not None and response.status_code < 300:
                await held_key.keep(response)
            return response

        return answer_once
