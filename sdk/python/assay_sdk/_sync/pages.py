# Generated from _async/pages.py by sdk/python/generate_sync.py; edit that.
"""Lists, a page at a time or all of it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from pydantic import BaseModel

from assay_sdk._sync.transport import Transport
from assay_sdk.calls import Call
from assay_sdk.page_body import PageBody

M = TypeVar("M", bound=BaseModel)


class Page(Generic[M]):
    """A page of a list, newest first. Iterating goes on over the pages after it."""

    def __init__(self, transport: Transport, call: Call, model: type[M], body: PageBody[M]) -> None:
        self._transport, self._call, self._model = transport, call, model
        self.data = body.data
        """Of this page."""
        self.has_more = body.has_more
        """Whether a page comes after this one."""
        self.next_cursor = body.next_cursor
        """Where that begins: `cursor=` of a later call."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(data={self.data!r}, has_more={self.has_more})"

    @classmethod
    def of(cls, transport: Transport, call: Call, model: type[M]) -> "Page[M]":
        """The page that a call answers with."""
        body = transport.fetch(call, PageBody[model])  # type: ignore[valid-type]
        return cls(transport, call, model, body)

    def next_page(self) -> "Page[M] | None":
        """The page after this one; `None` after the last."""
        if not self.has_more or self.next_cursor is None:
            return None
        call = replace(self._call, query={**self._call.query, "cursor": self.next_cursor})
        return self.of(self._transport, call, self._model)

    def __iter__(self) -> Iterator[M]:
        """Everything from this page on; further pages are asked for on the way."""
        page: Page[M] | None = self
        while page is not None:
            for item in page.data:
                yield item
            page = page.next_page()
