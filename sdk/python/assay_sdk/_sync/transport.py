# Generated from _async/transport.py by sdk/python/generate_sync.py; edit that.
"""Sending requests, again where that may help."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import httpx
from pydantic import BaseModel

from assay_sdk._sync.runtime import sleep
from assay_sdk.answers import parse
from assay_sdk.calls import Call, is_done
from assay_sdk.configuration import __version__
from assay_sdk.connections import told_as_ours
from assay_sdk.errors import ApiError, AssayError
from assay_sdk.retries import RetryPolicy, is_passing, was_not_begun

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")

log = logging.getLogger("assay_sdk")


class Transport:
    """The connections of one client to its server."""

    def __init__(
        self,
        *,
        base_url: str,
        secret: str,
        timeout_seconds: float,
        retry: RetryPolicy,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self.retry = retry
        self._timeout_seconds = timeout_seconds
        # The secret goes with calls only: signed URLs may lead to another host.
        self._authorization = {"Authorization": f"Bearer {secret}"}
        self._http = httpx.Client(
            base_url=base_url,
            headers={"User-Agent": f"assay-sdk-python/{__version__}"},
            timeout=timeout_seconds,
            transport=transport,
        )

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def fetch(self, call: Call, model: type[M]) -> M:
        """The answer of a call.

        Raises:
            ApiError: the server refused.
            ConnectionFailed: no attempt was answered.
            InvalidResponse: the answer is none of the contract.
        """
        return parse(self.send(call), model)

    def send(self, call: Call) -> httpx.Response:
        """The same for calls without an answer to speak of."""
        may_repeat = is_passing if call.is_repeatable else was_not_begun
        return self.repeat(lambda retries: self._attempt(call, retries), may_repeat)

    def repeat(self, attempt: Callable[[int], R], may_repeat: Callable[[AssayError], bool] = is_passing) -> R:
        """What an attempt comes to, which is told how many retries there were before it.

        Raises:
            AssayError: of the last attempt.
        """
        retries = 0
        while True:
            try:
                return attempt(retries)
            except AssayError as error:
                delay_seconds = self.retry.delay_seconds(retries, error) if may_repeat(error) else None
                if delay_seconds is None:
                    raise
                log.info("retry %d in %.1f s: %s", retries + 1, delay_seconds, error)
            sleep(delay_seconds)
            retries += 1

    def put(self, url: str, headers: Mapping[str, str], content: Iterator[bytes]) -> httpx.Response:
        """What a signed URL answers to a file; one attempt."""
        with told_as_ours():
            return self._http.put(url, headers=dict(headers), content=content)

    @contextmanager
    def open(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """What a signed URL answers, with its body still to be read; one attempt.

        Raises:
            ApiError: no success.
        """
        with told_as_ours():
            with self._http.stream("GET", url, headers=dict(headers)) as response:
                if not response.is_success:
                    response.read()
                    raise ApiError.from_response(response)
                yield response

    def _attempt(self, call: Call, retries: int) -> httpx.Response:
        timeout = httpx.Timeout(self._timeout_seconds, read=self._timeout_seconds + call.longest_wait_seconds)
        with ExitStack() as opened, told_as_ours():
            arguments = call.arguments(opened)
            arguments["headers"] |= self._authorization
            response = self._http.request(call.method, call.path, timeout=timeout, **arguments)
        if is_done(call, response, retries):
            return response
        raise ApiError.from_response(response)
