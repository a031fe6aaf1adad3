"""Types of the wire that every noun's schemas share."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from email_validator import SPECIAL_USE_DOMAIN_NAMES, validate_email
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic import Field as Limits
from pydantic.json_schema import WithJsonSchema

from api.clock import iso

MAX_METADATA_KEYS = 20
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name != "local"]
"""The package's documented way to take addresses such as `ada@corp.local`, which many companies have inside."""

WireTime = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time in a response: ISO 8601 in UTC with `Z`."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC, the time is not within the years 1 to 9999") from None


_DATE = re.compile(r"\s*\d{4}-\d\d-\d\d")


def _as_text(given: Any) -> Any:
    """Pydantic takes numbers for Unix times, of which a stray one makes a deadline of its own."""
    if isinstance(given, datetime) or (isinstance(given, str) and _DATE.match(given)):
        return given
    raise ValueError("give the time as ISO 8601 with its offset, such as 2027-01-31T12:00:00Z")


GivenTime = Annotated[AwareDatetime, BeforeValidator(_as_text), AfterValidator(_in_utc)]
"""A time in a request, in UTC; it has to name its offset from it."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]*$")]
"""A string in a request, without the blanks around it. Postgres stores no NUL, so none is taken.

The longest is added where it is used: `Annotated[Text, Field(max_length=100)]`.
"""

_FILLED = {"pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"}
Filled = Annotated[Text, Limits(min_length=1, json_schema_extra=_FILLED)]
"""The same, and not blank."""


def _address(text: str) -> str:
    """Only its form is checked; no name is looked up."""
    return validate_email(text, check_deliverability=False).normalized.lower()


Email = Annotated[Text, AfterValidator(_address), WithJsonSchema({"type": "string", "format": "email"})]
"""An e-mail address, in lower case, so that one person has one."""


class Wire(BaseModel):
    """A body of the contract; the docstring under a field is its description in the OpenAPI document."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def _storable(metadata: dict[str, Any]) -> dict[str, Any]:
    if any("\0" in text for pair in metadata.items() for text in pair if isinstance(text, str)):
        raise ValueError("metadata must not contain NUL characters")
    return metadata


def _scalar(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """One fault for a value, and not one of each type that it might have had."""
    try:
        return check(value)
    except ValidationError:
        raise ValueError("give a string of at most 500 characters, a number, true, false or null") from None


Metadata = Annotated[
    dict[
        Annotated[str, Limits(min_length=1, max_length=40)],
        Annotated[
            Annotated[str, Limits(max_length=500)] | bool | int | Annotated[float, Limits(allow_inf_nan=False)] | None,
            WrapValidator(_scalar),
        ],
    ],
    Limits(max_length=MAX_METADATA_KEYS),
    AfterValidator(_storable),
]
"""The client's own keys and values on a resource."""
