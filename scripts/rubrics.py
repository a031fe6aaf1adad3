"""Stored rubrics, for the operator's commands."""

from pydantic import ValidationError

from api.rubrics.queries import rubric_of
from api.tables import StoredRubric
from pipeline.rubric import Rubric
from scripts.user_errors import UserError


def usable(stored: StoredRubric) -> Rubric:
    """The rubric of a version.

    Raises:
        UserError: it is of another release, whose rubrics had other numbers.
    """
    try:
        return rubric_of(stored)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise UserError(
            f"{stored.id} is of another release ({where}: {error.errors()[0]['msg']}); the shipped rubric scores where "
            "it is active. assay calibrate deactivate, and calibrate anew"
        ) from error
