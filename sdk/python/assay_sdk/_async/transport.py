"""Sending requests, again where that may help."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import TypeVar

import httpx
from pydantic import BaseModel

from assay_sdk._async.runtime import sleep
from assay_sdk.answers import parse
from assay_sdk.calls import Call, is_done
from assay_sdk.configuration import __version__
from assay_sdk.connections import told_as_ours
from assay_sdk.errors import ApiError, AssayError
from assay_sdk.retries import RetryPolicy, is_passing, was_not_begun

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")

log = logging.getLogger("assay_sdk")


class AsyncTransport:
    """The connections of one client to its server."""

    def __init__(
        self,
        *,
        base_url: str,
        secret: str,
        timeout_seconds: float,
        retry: RetryPolicy,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.retry = retry
        self._timeout_seconds = timeout_seconds
        # The secret goes with calls only: signed URLs may lead to another host.
        self._authorization = {"Authorization": f"Bearer {secret}"}
        self._http = httpx.AsyncClient(
            base_url=base_url,
            headers={"User-Agent": f"assay-sdk-python/{__version__}"},
            timeout=timeout_seconds,
            transport=transport,
        )

    async def close(self) -> None:
        """End the connections."""
        await self._http.aclose()

    async def fetch(self, call: Call, model: type[M]) -> M:
        """The answer of a call.

        Raises:
            ApiError: the server refused.
            ConnectionFailed: no attempt was answered.
            InvalidResponse: the answer is none of the contract.
        """
        return parse(await self.send(call), model)

    async def send(self, call: Call) -> httpx.Response:
        """The same for calls without an answer to speak of."""
        may_repeat = is_passing if call.is_repeatable else was_not_begun
        return await self.repeat(lambda retries: self._attempt(call, retries), may_repeat)

    async def repeat(
        self, attempt: Callable[[int], Awaitable[R]], may_repeat: Callable[[AssayError], bool] = is_passing
    ) -> R:
        """What an attempt comes to, which is told how many retries there were before it.

        Raises:
            AssayError: of the last attempt.
        """
        retries = 0
        while True:
            try:
                return await attempt(retries)
            except AssayError as error:
                delay_seconds = self.retry.delay_seconds(retries, error) if may_repeat(error) else None
                if delay_seconds is None:
                    raise
                log.info("retry %d in %.1f s: %s", retries + 1, delay_seconds, error)
            await sleep(delay_seconds)
            retries += 1

    async def put(self, url: str, headers: Mapping[str, str], content: AsyncIterator[bytes]) -> httpx.Response:
        """What a signed URL answers to a file; one attempt."""
        with told_as_ours():
            return await self._http.put(url, headers=dict(headers), content=content)

    @asynccontextmanager
    async def open(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """What a signed URL answers, with its body still to be read; one attempt.

        Raises:
            ApiError: no success.
        """
        with told_as_ours():
            async with self._http.stream("GET", url, headers=dict(headers)) as response:
                if not response.is_success:
                    await response.aread()
                    raise ApiError.from_response(response)
                yield response

    async def _attempt(self, call: Call, retries: int) -> httpx.Response:
        timeout = httpx.Timeout(self._timeout_seconds, read=self._timeout_seconds + call.longest_wait_seconds)
        with ExitStack() as opened, told_as_ours():
            arguments = call.arguments(opened)
            arguments["headers"] |= self._authorization
            response = await self._http.request(call.method, call.path, timeout=timeout, **arguments)
        if is_done(call, response, retries):
            return response
        raise ApiError.from_response(response)
