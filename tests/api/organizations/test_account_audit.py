"""Who did what to an account."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.api.conftest import Client
from tests.api.story import post_job

pytestmark = pytest.mark.anyio

PATH = "/v1/organization/audit"


async def test_what_was_done_to_an_account_is_listed_without_what_was_done_to_its_jobs(
    http: httpx.AsyncClient, organization: Client
) -> None:
    headers = organization.headers
    await http.patch("/v1/organization/settings", headers=headers, json={"retention_days": 7})
    await post_job(http, organization)
    key = (await http.post("/v1/api_keys", headers=headers, json={"name": "nightly", "mode": "live"})).json()
    await http.post(f"/v1/api_keys/{key['id']}/revoke", headers=headers)

    entries = (await http.get(PATH, headers=headers)).json()["data"]
    told = [entry["action"] for entry in entries]
    assert told[:3] == ["api_key.revoked", "api_key.created", "organization.settings_changed"]
    assert not any(action.startswith("job.") for action in told)
    assert entries[0] | {"id": "", "request_id": "", "created_at": ""} == {
        "object": "audit_entry", "id": "", "action": "api_key.revoked", "actor": entries[2]["actor"],
        "subject_id": key["id"], "details": {}, "request_id": "", "created_at": "",
    }  # fmt: skip

    page = (await http.get(PATH, headers=headers, params={"action": "api_key.created", "limit": 1})).json()
    assert [entry["subject_id"] for entry in page["data"]] == [key["id"]]


async def test_it_is_its_organizations_alone_and_asks_for_a_scope(
    http: httpx.AsyncClient, organization: Client, make_organization: Callable[[], Awaitable[Client]]
) -> None:
    await http.patch("/v1/organization/settings", headers=organization.headers, json={"retention_days": 7})
    other = await make_organization()
    seen = (await http.get(PATH, headers=other.headers)).json()["data"]
    assert "organization.settings_changed" not in [entry["action"] for entry in seen]

    body = {"name": "reader", "mode": "live", "scopes": ["jobs:read"]}
    reader = (await http.post("/v1/api_keys", headers=organization.headers, json=body)).json()["key"]
    refused = await http.get(PATH, headers={"Authorization": f"Bearer {reader}"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "missing_scope")
