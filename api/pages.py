"""Lists: newest first, by keyset, with an opaque cursor."""

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from api.errors import ValidationFailed
from api.ids import MAX_LENGTH

DEFAULT_LIMIT, MAX_LIMIT = 20, 100

T = TypeVar("T")
Row = TypeVar("Row")


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    object: Literal["list"] = "list"
    data: list[T]
    has_more: bool
    next_cursor: str | None
    """For the next request; `None` on the last page."""


class PageRequest:
    """`limit` and `cursor` of a list route: `page: Paging`."""

    def __init__(self, limit: int, cursor: str | None) -> None:
        self.limit = limit
        self._cursor = cursor

    @cached_property
    def before(self) -> str | None:
        """The id that the page comes after, in the order of the list.

        Raises:
            ValidationFailed: the cursor is none of ours. Not when it is made: who asks has to be known before.
        """
        return _decode(self._cursor) if self._cursor else None


async def _page(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the page before")] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


Paging = Annotated[PageRequest, Depends(_page)]


async def fetch_page(
    session: AsyncSession,
    query: Select[Row],
    key: InstrumentedAttribute[str],
    page: PageRequest,
    render: Callable[[Row], T],
) -> Page[T]:
    """The page of a query over rows, newest first by `key`, which is an id."""
    if page.before is not None:
        query = query.where(key < page.before)
    rows: Sequence[Row] = (await session.scalars(query.order_by(key.desc()).limit(page.limit + 1))).all()
    return as_page(rows, page, lambda row: getattr(row, key.key), render)


def as_page(rows: Sequence[Row], page: PageRequest, key: Callable[[Row], Any], render: Callable[[Row], T]) -> Page[T]:
    """The page of rows, of which there is one more than asked for when there is a next page."""
    shown, has_more = rows[: page.limit], len(rows) > page.limit
    cursor = encode_cursor(str(key(shown[-1]))) if has_more else None
    return Page(data=[render(row) for row in shown], has_more=has_more, next_cursor=cursor)


def encode_cursor(text: str) -> str:
    """The cursor of the page after the row of this id."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise ValidationFailed("this is not a cursor of ours", param="cursor") from None
    if not text.replace("_", "").isalnum() or len(text) > MAX_LENGTH:
        raise ValidationFailed("this is not a cursor of ours", param="cursor")
    return text
