"""Balance, transactions and purchases over HTTP."""

import pytest
from sqlalchemy import func, select

from api.auth import ALL_SCOPES
from api.credits.ledger import Movement, move
from api.ids import new_id
from api.keys.service import create_key
from api.tables import LedgerTransaction

pytestmark = pytest.mark.anyio

CREDITS, TRANSACTIONS, PURCHASE = "/v1/billing/credits", "/v1/billing/transactions", "/v1/billing/credits/purchase"


@pytest.fixture
async def moved(services, organization) -> str:
    """A million credits; 600 held for a job, 200 of them paid, 100 of those taken back, the rest released."""
    job, sub = new_id("job"), new_id("sub")
    movements = (
        Movement("hold", "available", "held", 600, "h", "Held", job),
        Movement("capture", "held", "paid", 200, "c", "Approved", job, sub),
        Movement("refund", "paid", "held", 200, "r", "Taken back", job, sub),
        Movement("release", "held", "available", 500, "l", "Rest", job),
    )
    for movement in movements:
        async with services.db.write() as session:
            await move(session, organization.id, movement)
    return job


async def test_the_balance(http, organization, moved):
    balance = (await http.get(CREDITS, headers=organization.headers)).json()
    assert balance == {
        "object": "credit_balance", "available_credits": 999_900, "held_credits": 100, "total_credits": 1_000_000,
        "available_cents": 999_900, "held_cents": 100, "total_cents": 1_000_000, "currency": "usd",
        "updated_at": balance["updated_at"],
    }  # fmt: skip
    newest = (await http.get(TRANSACTIONS, headers=organization.headers)).json()["data"][0]
    assert balance["updated_at"] == newest["created_at"]
    assert (await http.get(CREDITS, headers=organization.test_headers)).json() == balance


async def test_amounts_are_signed_as_the_organization_sees_them(http, organization, moved):
    rows = (await http.get(TRANSACTIONS, headers=organization.headers)).json()["data"]
    assert {row["type"]: (row["amount_credits"], row["available_after"], row["held_after"]) for row in rows} == {
        "bonus": (1_000_000, 1_000_000, 0),
        "hold": (-600, 999_400, 600),
        "capture": (-200, 999_400, 400),
        "refund": (200, 999_400, 600),
        "release": (500, 999_900, 100),
    }
    capture = next(row for row in rows if row["type"] == "capture")
    assert capture == capture | {
        "object": "credit_transaction", "amount_cents": -200, "description": "Approved", "job_id": moved,
    }  # fmt: skip
    assert capture["submission_id"].startswith("sub_")


async def test_transactions_are_filtered_and_paged(http, organization, moved):
    async def listed(query: str) -> list[str]:
        page = (await http.get(f"{TRANSACTIONS}?{query}", headers=organization.headers)).json()
        return [row["type"] for row in page["data"]]

    assert await listed("type=capture") == ["capture"]
    assert sorted(await listed(f"job_id={moved}")) == ["capture", "hold", "refund", "release"]
    assert await listed(f"job_id={moved}&type=bonus") == []
    assert await listed(f"job_id={new_id('job')}") == []
    first = (await http.get(f"{TRANSACTIONS}?limit=3", headers=organization.headers)).json()
    rest = (await http.get(TRANSACTIONS, params={"cursor": first["next_cursor"]}, headers=organization.headers)).json()
    assert (len(first["data"]), len(rest["data"]), rest["has_more"]) == (3, 2, False)
    assert len({row["id"] for row in first["data"] + rest["data"]}) == 5
    assert (await http.get(f"{TRANSACTIONS}?type=gift", headers=organization.headers)).status_code == 400


async def test_another_organization_sees_its_own(http, make_organization, organization, moved):
    other = await make_organization(credits=7)
    rows = (await http.get(TRANSACTIONS, headers=other.headers)).json()["data"]
    assert [row["amount_credits"] for row in rows] == [7]
    assert (await http.get(f"{TRANSACTIONS}?job_id={moved}", headers=other.headers)).json()["data"] == []
    assert (await http.get(CREDITS, headers=other.headers)).json()["total_credits"] == 7


@pytest.mark.parametrize("name", ["amount_credits", "credits", "amount", "amount_cents"])
async def test_an_internal_purchase_is_done_at_once(http, organization, name):
    bought = await http.post(PURCHASE, headers=organization.headers, json={name: 2500})
    assert bought.status_code == 201
    purchase = bought.json()
    assert (purchase["object"], purchase["status"], purchase["checkout_url"]) == ("credit_purchase", "completed", None)
    assert (purchase["amount_credits"], purchase["transaction"]["amount_credits"]) == (2500, 2500)
    newest = (await http.get(TRANSACTIONS, headers=organization.headers)).json()["data"][0]
    assert newest == purchase["transaction"]
    assert (newest["type"], newest["available_after"]) == ("purchase", 1_002_500)


async def test_a_repeated_purchase_is_booked_once(http, organization):
    headers = organization.headers | {"Idempotency-Key": "k"}
    answers = [await http.post(PURCHASE, headers=headers, json={"credits": 10}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (await http.get(CREDITS, headers=organization.headers)).json()["available_credits"] == 1_000_010
    other_body = await http.post(PURCHASE, headers=headers, json={"credits": 11})
    assert other_body.status_code == 422


@pytest.mark.parametrize(
    "body",
    [{}, {"credits": 0}, {"credits": -5}, {"credits": True}, {"credits": "10"}, {"credits": 1.5},
     {"credits": 100_000_001}, {"credits": 10**30}, {"credits": 5, "amount": 6}, {"credits": None}],
)  # fmt: skip
async def test_what_is_refused(http, services, organization, body):
    refused = await http.post(PURCHASE, headers=organization.headers, json=body)
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "validation_error")
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(LedgerTransaction)) == 1


async def test_a_test_key_buys_nothing(http, organization):
    refused = await http.post(PURCHASE, headers=organization.test_headers, json={"credits": 5})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "live_key_required")


async def test_scopes(http, services, organization):
    for missing, method, path in (
        ("usage:read", "GET", CREDITS),
        ("usage:read", "GET", TRANSACTIONS),
        ("billing:write", "POST", PURCHASE),
    ):
        async with services.db.write() as session:
            scopes = [scope for scope in ALL_SCOPES if scope != missing]
            _, token = create_key(session, organization.id, name="Narrow", livemode=True, scopes=scopes)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await http.request(method, path, headers=headers, json={"credits": 5})).status_code == 403


async def test_without_stripe_there_is_no_webhook_of_stripe(http):
    assert (await http.post("/v1/billing/stripe/webhook", content=b"{}")).status_code == 404
