"""Versions of the rubric: storing them, and saying from when on they score. Nothing that was decided changes by it."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import Conflict
from api.events import record
from api.ids import new_id
from api.rubrics.queries import activations_of, find_stored, rubric_of
from api.rubrics.scope import Scope
from api.tables import RubricActivation, StoredRubric
from pipeline.rubric import Rubric


def store_rubric(
    session: AsyncSession,
    rubric: Rubric,
    *,
    scope: Scope,
    parent: Rubric,
    origin: Literal["fitted", "file"],
    fitted_on: Mapping[str, Any] | None = None,
    actor: str,
) -> StoredRubric:
    """Keep a rubric as a new version. It scores nothing until it is activated.

    Args:
        session: of the transaction.
        rubric: its numbers; the version that it carries is replaced by the new id.
        scope: the jobs that it is for.
        parent: what it was made from.
        origin: how it was made.
        fitted_on: counts of the labels and the figures, where it was fitted.
        actor: who made it.
    """
    version = new_id("rub")
    stored = StoredRubric(
        id=version,
        organization_id=scope.organization_id,
        content_type=scope.content_type,
        origin=origin,
        parent_version=parent.version,
        parent_digest=parent.digest,
        digest=rubric.digest,
        document=rubric.model_copy(update={"version": version}).model_dump(mode="json"),
        fitted_on=dict(fitted_on or {}),
        created_by=actor,
    )
    session.add(stored)
    _record(session, scope, "rubric.stored", version, actor, digest=rubric.digest, parent=parent.version)
    return stored


async def activate(session: AsyncSession, version: str, *, actor: str, reason: str = "") -> Scope:
    """Score the jobs of the version's scope by it from now on. An earlier version is brought back the same way.

    Raises:
        NotFound: there is no such version.
        Conflict: it is active already.
        pydantic.ValidationError: it is of another release.
    """
    stored = await find_stored(session, version)
    rubric_of(stored)
    scope = Scope(stored.organization_id, stored.content_type)
    if await _active_id(session, scope) == version:
        raise Conflict(f"{version} is active already for {scope}", code="rubric_active")
    _change(session, scope, version, actor, reason)
    return scope


async def deactivate(session: AsyncSession, scope: Scope, *, actor: str, reason: str = "") -> str:
    """Let the next wider scope hold again, or the shipped rubric; the version that was active.

    Raises:
        Conflict: the scope has no version of its own.
    """
    version = await _active_id(session, scope)
    if version is None:
        raise Conflict(f"no version is active for {scope}", code="rubric_not_active")
    _change(session, scope, None, actor, reason, before=version)
    return version


async def _active_id(session: AsyncSession, scope: Scope) -> str | None:
    newest = next(iter(await activations_of(session, scope)), None)
    return newest.rubric_id if newest else None


def _change(
    session: AsyncSession, scope: Scope, version: str | None, actor: str, reason: str, before: str | None = None
) -> None:
    session.add(
        RubricActivation(
            id=new_id("act"),
            organization_id=scope.organization_id,
            content_type=scope.content_type,
            rubric_id=version,
            actor=actor,
            reason=reason,
        )
    )
    action = "rubric.activated" if version else "rubric.deactivated"
    _record(session, scope, action, version or before or "", actor, reason=reason)


def _record(session: AsyncSession, scope: Scope, action: str, version: str, actor: str, **details: Any) -> None:
    """In the organization's audit; what is for all organizations stands in the table of activations alone."""
    if scope.organization_id is not None:
        told = {"content_type": scope.content_type, **details}
        record(session, scope.organization_id, action, actor=actor, subject_id=version, **told)
