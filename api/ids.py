"""Ids: a prefix that tells what they name, and a ULID, so that they sort by the time of their making."""

from typing import Literal

from ulid import ULID

Prefix = Literal["job", "sub", "file", "wkr", "org", "key", "whe", "evt", "txn", "req", "exp", "dlv", "aud", "lbl"]

MAX_LENGTH = 32


def new_id(prefix: Prefix) -> str:
    """A new id, for example `job_01JDZ…`."""
    return f"{prefix}_{ULID()}"
