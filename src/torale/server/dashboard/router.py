"""All screens in one router, behind the one rule that no other site may write."""

from fastapi import APIRouter, Depends

from torale.server.dashboard import (
    account,
    api_docs,
    api_keys,
    assets,
    backtests,
    bulk,
    channels,
    clerk,
    console,
    deliveries,
    editor,
    execution,
    gallery,
    inbox,
    landing,
    live,
    oauth,
    preview,
    recovery,
    set_up,
    sign_in,
    sign_up,
    task,
    tasks,
)
from torale.server.dashboard.origins import refuse_cross_site

SCREENS = (
    assets,
    landing,
    sign_in,
    oauth,
    clerk,
    sign_up,
    recovery,
    set_up,
    bulk,
    tasks,
    editor,
    preview,
    task,
    execution,
    backtests,
    gallery,
    inbox,
    live,
    channels,
    deliveries,
    console,
    account,
    api_keys,
    api_docs,
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_cross_site)])
for screen in SCREENS:
    router.include_router(screen.router)
