"""The vendor's published client, unmodified, over a real connection: its key, billing and settings methods."""

import asyncio
import functools
from collections.abc import AsyncIterator

import pytest
import uvicorn
from firsthandapi import FirstHandClient
from firsthandapi.client import AsyncFirstHandClient
from firsthandapi.errors import FirstHandApiError

from api.app import create_app

pytestmark = pytest.mark.anyio


@pytest.fixture
async def base_url(services) -> AsyncIterator[str]:
    config = uvicorn.Config(create_app(services), host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)  # the services are other tests' too, so it does not close them
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture(params=["sync", "async"])
async def call(request, base_url, organization):
    """`await call("get_settings", …)` with either client; `key=` speaks with another key."""

    async def call(method: str, *arguments: object, key: str = organization.token, **named: object):
        if request.param == "async":
            async with AsyncFirstHandClient(key, base_url=base_url, max_retries=0) as client:
                return await getattr(client, method)(*arguments, **named)
        with FirstHandClient(key, base_url=base_url, max_retries=0) as client:
            return await asyncio.to_thread(functools.partial(getattr(client, method), *arguments, **named))

    return call


async def test_keys(call):
    made = await call("create_api_key", {"name": "CI", "scopes": ["usage:read", "keys:manage"], "mode": "live"})
    assert made["key"].startswith("fh_live_")
    page = await call("list_api_keys", limit=1)
    assert (page["data"][0]["id"], page["has_more"]) == (made["id"], True)
    rotated = await call("rotate_api_key", made["id"])
    for key in (made["key"], rotated["key"]):
        assert (await call("get_credit_balance", key=key))["object"] == "credit_balance"
    assert await call("revoke_api_key", rotated["id"]) is None
    with pytest.raises(FirstHandApiError) as refused:
        await call("get_credit_balance", key=rotated["key"])
    assert (refused.value.status, refused.value.type) == (401, "authentication_error")
    assert refused.value.request_id.startswith("req_")


async def test_billing(call):
    purchase = await call("purchase_credits", {"amount_cents": 500})
    assert purchase["status"] == "completed"
    assert (await call("get_credit_balance"))["available_credits"] == 1_000_500
    page = await call("list_transactions", type="purchase", cursor=None)
    assert page["data"] == [purchase["transaction"]]


async def test_settings(call):
    assert (await call("get_settings"))["retention_days"] == 90
    assert (await call("update_settings", {"retention_days": 30}))["retention_days"] == 30
    assert (await call("get_settings"))["retention_days"] == 30
    with pytest.raises(FirstHandApiError) as refused:
        await call("update_settings", {"colour": "red"})
    assert (refused.value.status, refused.value.details[0]["field"]) == (400, "colour")
