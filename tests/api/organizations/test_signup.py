"""Signup: an organization, its key and its starter credits, where the operator allows it."""

import pytest
from sqlalchemy import func, select

from api.tables import Organization
from configs.settings import Settings

pytestmark = pytest.mark.anyio

ADA = {"name": " Menus Ltd ", "email": "Ada@Menus.example"}


def _with(settings: Settings, section: str, **values: object) -> Settings:
    return settings.model_copy(update={section: getattr(settings, section).model_copy(update=values)})


@pytest.fixture
def settings(settings):
    opened = _with(settings, "signup", enabled=True, starter_credits=250)
    return _with(opened, "billing", low_balance_credits=77)


async def test_signup_opens_an_organization_that_works_at_once(http):
    answer = await http.post("/v1/auth/signup", json=ADA)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["object"], made["name"], made["email"]) == ("organization", "Menus Ltd", "ada@menus.example")
    assert made["id"].startswith("org_")
    assert made["credits"]["available_credits"] == 250
    assert int(answer.headers["X-RateLimit-Limit"]) == 60
    headers = {"Authorization": f"Bearer {made['api_key']['key']}"}
    balance = await http.get("/v1/billing/credits", headers=headers)
    assert balance.json() == made["credits"]
    settings = (await http.get("/v1/organization/settings", headers=headers)).json()
    assert (settings["organization_id"], settings["low_balance_credits"]) == (made["id"], 77)


async def test_an_address_opens_one_organization(http, services):
    assert (await http.post("/v1/auth/signup", json=ADA)).status_code == 201
    taken = await http.post("/v1/auth/signup", json=ADA | {"email": "ada@MENUS.example"})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "email_taken")
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Organization)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "A", "email": "nobody"}, "email"),
        ({"name": "A", "email": "a b@c.example"}, "email"),
        ({"name": "A"}, "email"),
        ({"name": " ", "email": "a@c.example"}, "name"),
    ],
)
async def test_what_is_refused(http, body, field):
    refused = await http.post("/v1/auth/signup", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, field)


async def test_a_repetition_gets_the_same_key(http):
    headers = {"Idempotency-Key": "8a4c1f0e"}
    first, second = [await http.post("/v1/auth/signup", json=ADA, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_strangers_are_counted(http, services, settings):
    codes = [(await http.post("/v1/auth/signup", json={})).status_code for _ in range(61)]
    assert codes == [400] * 60 + [429]


async def test_a_closed_signup_says_so(http, services, settings):
    services.settings = _with(settings, "signup", enabled=False)
    refused = await http.post("/v1/auth/signup", json=ADA)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"], error["code"]) == (403, "authorization_error", "signup_disabled")
