"""Rows past the session's objects: part of their transaction all the same."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from api.db import Database
from api.ids import new_id
from api.organizations.service import found_organization
from api.rows import LockedRow, Written, append, change_rows, write_changes, write_rows
from api.tables import AuditEntry, Organization, Worker

pytestmark = pytest.mark.anyio


def entry(organization_id: str, action: str = "tested") -> dict[str, object]:
    return {"id": new_id("aud"), "organization_id": organization_id, "actor": "system", "action": action}


async def actions(db: Database) -> list[str]:
    async with db.read() as session:
        return list(await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


async def found(db: Database) -> str:
    async with db.write() as session:
        organization, _ = await found_organization(session, name="A", email=None, actor="operator")
    return organization.id


async def test_appended_rows_are_written_at_the_end_with_their_defaults(db: Database) -> None:
    organization_id = await found(db)
    before = await actions(db)
    async with db.write() as session:
        append(session, AuditEntry, entry(organization_id, "first"))
        append(session, AuditEntry, entry(organization_id, "second"), entry(organization_id, "third"))
        append(session, AuditEntry)
    assert await actions(db) == [*before, "first", "second", "third"]
    async with db.read() as session:
        written = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "third"))).one()
    assert (written.details, written.created_at.tzinfo is not None) == ({}, True)


async def test_what_a_transaction_undoes_was_never_there(db: Database) -> None:
    organization_id = await found(db)
    before = await actions(db)

    async def break_off() -> None:
        async with db.write() as session:
            append(session, AuditEntry, entry(organization_id))
            await write_rows(session, AuditEntry, [entry(organization_id)])
            await change_rows(session, Organization, {organization_id: {"name": "B"}})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    async with db.read() as session:
        assert (await session.get_one(Organization, organization_id)).name == "A"
    assert await actions(db) == before


async def test_a_row_that_the_database_refuses_undoes_the_rest(db: Database) -> None:
    organization_id = await found(db)
    before, twice = await actions(db), entry(organization_id)

    async def write_twice() -> None:
        async with db.write() as session:
            await write_rows(session, AuditEntry, [entry(organization_id, "lost")])
            append(session, AuditEntry, twice, twice)

    with pytest.raises(IntegrityError):
        await write_twice()
    assert await actions(db) == before


async def test_objects_are_written_before_the_rows_that_belong_to_them(db: Database) -> None:
    async with db.write() as session:
        organization = Organization(id=new_id("org"), name="B", settings={})
        session.add(organization)
        row = {"id": new_id("wkr"), "organization_id": organization.id, "name": "Ada", "token_hash": "0" * 64}
        append(session, Worker, row | {"shown": "wk_"})
    async with db.read() as session:
        assert (await session.get_one(Worker, row["id"])).organization_id == organization.id


async def test_a_changed_row_tells_when(db: Database) -> None:
    organization_id = await found(db)
    async with db.read() as session:
        before = await session.get_one(Organization, organization_id)
    async with db.write() as session:
        await change_rows(session, Organization, {organization_id: {"name": "C"}})
    async with db.read() as session:
        after = await session.get_one(Organization, organization_id)
    assert (after.name, after.updated_at > before.updated_at, after.created_at) == ("C", True, before.created_at)


async def test_a_written_row_has_the_columns_of_its_table_and_no_others() -> None:
    written = Written(Organization, {"name": "A"})
    assert (written.name, written.email) == ("A", None)
    with pytest.raises(AttributeError, match="no column nmae"):
        _ = written.nmae


async def test_what_is_set_on_locked_rows_is_written_together_and_nothing_else(db: Database) -> None:
    first, second = await found(db), await found(db)
    async with db.read() as session:
        names = {each: (await session.get_one(Organization, each)).name for each in (first, second)}
    async with db.write() as session:
        rows = [LockedRow(Organization, {"id": each, "name": names[each], "email": None}) for each in (first, second)]
        rows[0].name, rows[1].email = "D", "e@example.com"
        await write_changes(session, Organization, rows)
        assert (rows[0].name, rows[0].changed) == ("D", set())
        await write_changes(session, Organization, rows)  # nothing is left to write
    async with db.read() as session:
        kept = [await session.get_one(Organization, each) for each in (first, second)]
    assert [(one.name, one.email) for one in kept] == [("D", None), (names[second], "e@example.com")]


async def test_a_locked_row_has_the_columns_of_its_table_and_no_others() -> None:
    row = LockedRow(Organization, {"id": "org_1", "name": "A"})
    with pytest.raises(AttributeError, match="no column nmae"):
        row.nmae = "B"
    assert row.changed == set()
