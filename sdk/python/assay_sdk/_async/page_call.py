"""A list that is about to be asked for. Only asyncio needs it: the sync clients answer with the page at once."""

from collections.abc import AsyncIterator, Generator
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from assay_sdk._async.pages import AsyncPage
from assay_sdk._async.transport import AsyncTransport
from assay_sdk.calls import Call

M = TypeVar("M", bound=BaseModel)


class AsyncPageCall(Generic[M]):
    """`await` it for the first page, or iterate over everything: `async for job in client.jobs.list()`."""

    def __init__(self, transport: AsyncTransport, call: Call, model: type[M]) -> None:
        self._transport, self._call, self._model = transport, call, model

    @classmethod
    def of(cls, transport: AsyncTransport, call: Call, model: type[M]) -> "AsyncPageCall[M]":
        """The page that a call will answer with."""
        return cls(transport, call, model)

    def __await__(self) -> Generator[Any, None, AsyncPage[M]]:
        return AsyncPage.of(self._transport, self._call, self._model).__await__()

    async def __aiter__(self) -> AsyncIterator[M]:
        """Everything; pages are asked for on the way."""
        async for item in await self:
            yield item
