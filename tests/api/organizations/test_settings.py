"""What an organization may set."""

import pytest
from sqlalchemy import select

from api.auth import ALL_SCOPES
from api.keys.service import create_key
from api.organizations.service import OrganizationSettings, settings_of
from api.tables import AuditEntry, Organization

pytestmark = pytest.mark.anyio

PATH = "/v1/organization/settings"


def test_an_organization_without_settings_has_the_defaults():
    assert settings_of(Organization(settings={})) == OrganizationSettings()
    assert settings_of(Organization(settings={"retention_days": 7})).retention_days == 7


async def test_settings_are_changed_one_by_one(http, services, organization):
    before = await http.get(PATH, headers=organization.headers)
    assert before.json() == {
        "object": "organization_settings", "organization_id": organization.id, "name": "Menus Ltd", "email": None,
        "low_balance_credits": 1000, "retention_days": 90, "download_url_seconds": 604800,
        "default_min_star_rating": 3, "created_at": before.json()["created_at"],
        "updated_at": before.json()["updated_at"],
    }  # fmt: skip
    change = {"retention_days": 7, "download_url_seconds": 60, "email": "Ops@menus.example"}
    after = await http.patch(PATH, headers=organization.headers, json=change)
    assert after.status_code == 200
    assert after.json() == before.json() | change | {
        "email": "ops@menus.example", "updated_at": after.json()["updated_at"],
    }  # fmt: skip
    await http.patch(PATH, headers=organization.headers, json={"default_min_star_rating": 4})
    await http.patch(PATH, headers=organization.headers, json={"retention_days": None})
    final = (await http.get(PATH, headers=organization.headers)).json()
    assert (final["default_min_star_rating"], final["retention_days"], final["download_url_seconds"]) == (4, 90, 60)
    async with services.db.read() as session:
        entries = await session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == "organization.settings_changed")
            .order_by(AuditEntry.created_at)
        )
    assert entries.first().details == {"changed": sorted(change)}


async def test_unknown_fields_are_named(http, organization):
    refused = await http.patch(PATH, headers=organization.headers, json={"retention_day": 7, "colour": "red"})
    assert refused.status_code == 400
    assert [detail["field"] for detail in refused.json()["error"]["details"]] == ["retention_day", "colour"]


@pytest.mark.parametrize(
    "change",
    [
        {"retention_days": 0}, {"retention_days": True}, {"retention_days": "7"}, {"download_url_seconds": 59},
        {"download_url_seconds": 604801}, {"low_balance_credits": -1}, {"default_min_star_rating": 6},
        {"name": None}, {"name": " "}, {"email": "nobody"},
    ],
)  # fmt: skip
async def test_what_is_refused(http, organization, change):
    refused = await http.patch(PATH, headers=organization.headers, json=change)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == next(iter(change))


async def test_an_address_belongs_to_one_organization(http, make_organization, organization):
    other = await make_organization()
    address = {"email": "ops@menus.example"}
    assert (await http.patch(PATH, headers=organization.headers, json=address)).status_code == 200
    assert (await http.patch(PATH, headers=other.headers, json=address)).status_code == 409
    assert (await http.patch(PATH, headers=organization.headers, json={"email": None})).json()["email"] is None
    assert (await http.patch(PATH, headers=other.headers, json=address)).status_code == 200


async def test_scopes_and_modes(http, services, organization):
    assert (await http.get(PATH, headers=organization.test_headers)).status_code == 200
    refused = await http.patch(PATH, headers=organization.test_headers, json={"retention_days": 7})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "live_key_required")
    for missing, method in (("usage:read", "GET"), ("keys:manage", "PATCH")):
        async with services.db.write() as session:
            scopes = [scope for scope in ALL_SCOPES if scope != missing]
            _, token = create_key(session, organization.id, name="Narrow", livemode=True, scopes=scopes)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await http.request(method, PATH, headers=headers, json={})).status_code == 403
