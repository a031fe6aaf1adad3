"""A list on the wire."""

from typing import Generic, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)


class PageBody(BaseModel, Generic[M]):
    """One page of a list."""

    data: list[M]
    has_more: bool
    next_cursor: str | None = None
    """For the next request; `None` on the last page."""
