"""Ids: a prefix that tells what they name, and a ULID, so that they sort by the time of their making."""

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from ulid import ULID

from api.errors import NotFound

Prefix = Literal[
    "job", "sub", "file", "wkr", "org", "key", "whe", "evt", "txn", "req", "exp", "dlv", "aud", "lbl", "rub", "act",
    "rsc",
]  # fmt: skip

MAX_LENGTH = 32
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id(prefix: Prefix) -> str:
    """A new id, for example `job_01JDZ…`."""
    return f"{prefix}_{ULID()}"


def _named(prefix: Prefix) -> Callable[[str], str]:
    def check(text: str) -> str:
        """An id of the wrong form names nothing, which is no other answer than that of an unknown one."""
        if not text.startswith(f"{prefix}_") or not _ULID.fullmatch(text[len(prefix) + 1 :]):
            raise NotFound(f"there is no {prefix}_… with this id")
        return text

    return check


JobId = Annotated[str, AfterValidator(_named("job")), Field(examples=["job_01JDZ3N8RT0000000000000000"])]
SubmissionId = Annotated[str, AfterValidator(_named("sub")), Field(examples=["sub_01JDZ3N8RT0000000000000000"])]
FileId = Annotated[str, AfterValidator(_named("file")), Field(examples=["file_01JDZ3N8RT0000000000000000"])]
WorkerId = Annotated[str, AfterValidator(_named("wkr")), Field(examples=["wkr_01JDZ3N8RT0000000000000000"])]
KeyId = Annotated[str, AfterValidator(_named("key")), Field(examples=["key_01JDZ3N8RT0000000000000000"])]
EndpointId = Annotated[str, AfterValidator(_named("whe")), Field(examples=["whe_01JDZ3N8RT0000000000000000"])]
EventId = Annotated[str, AfterValidator(_named("evt")), Field(examples=["evt_01JDZ3N8RT0000000000000000"])]
ExportId = Annotated[str, AfterValidator(_named("exp")), Field(examples=["exp_01JDZ3N8RT0000000000000000"])]
"""Parameter types of routes."""
