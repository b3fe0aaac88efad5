"""All screens in one router, behind the one rule that no other site may write."""

from fastapi import APIRouter, Depends

from torale.server.dashboard.account import (
    account_page,
    api_keys,
    clerk,
    oauth,
    recovery,
    set_up,
    sign_in,
    sign_up,
)
from torale.server.dashboard.notifications import channels, deliveries, inbox, live
from torale.server.dashboard.operator import console
from torale.server.dashboard.tasks import (
    backtests,
    bulk,
    editor,
    execution,
    preview,
    task_list,
    task_page,
    template_gallery,
)
from torale.server.dashboard.web import api_docs, assets, landing
from torale.server.dashboard.web.origins import refuse_cross_site

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
    task_list,
    editor,
    preview,
    task_page,
    execution,
    backtests,
    template_gallery,
    inbox,
    live,
    channels,
    deliveries,
    console,
    account_page,
    api_keys,
    api_docs,
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_cross_site)])
for screen in SCREENS:
    router.include_router(screen.router)
