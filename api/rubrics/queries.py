"""Reading versions of the rubric and what is active."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import NotFound
from api.rubrics.scope import Scope
from api.tables import RubricActivation, StoredRubric
from pipeline.rubric import Rubric


async def find_stored(session: AsyncSession, version: str) -> StoredRubric:
    """A version by its id.

    Raises:
        NotFound: there is none.
    """
    stored = await session.get(StoredRubric, version)
    if stored is None:
        raise NotFound(f"there is no rubric {version}")
    return stored


def rubric_of(stored: StoredRubric) -> Rubric:
    """The rubric of a version.

    Raises:
        pydantic.ValidationError: it is of another release, which had other numbers.
    """
    return Rubric.model_validate(stored.document)


async def active_versions(session: AsyncSession) -> dict[Scope, str]:
    """Id of the version that holds in each scope that has one."""
    newest = select(func.max(RubricActivation.id)).group_by(
        RubricActivation.organization_id, RubricActivation.content_type
    )
    rows = await session.scalars(select(RubricActivation).where(RubricActivation.id.in_(newest)))
    return {Scope(row.organization_id, row.content_type): row.rubric_id for row in rows if row.rubric_id is not None}


async def active_in(session: AsyncSession, scope: Scope) -> StoredRubric | None:
    """The version by which jobs of the scope are scored, `None` for the shipped one."""
    active = await active_versions(session)
    version = next((active[step] for step in scope.widening if step in active), None)
    return await find_stored(session, version) if version is not None else None


async def all_stored(session: AsyncSession) -> Sequence[StoredRubric]:
    """Every version, newest first."""
    return (await session.scalars(select(StoredRubric).order_by(StoredRubric.id.desc()))).all()


async def activations_of(session: AsyncSession, scope: Scope) -> Sequence[RubricActivation]:
    """What held in a scope, newest first."""
    query = select(RubricActivation).where(
        RubricActivation.organization_id.is_not_distinct_from(scope.organization_id),
        RubricActivation.content_type.is_not_distinct_from(scope.content_type),
    )
    return (await session.scalars(query.order_by(RubricActivation.id.desc()))).all()
