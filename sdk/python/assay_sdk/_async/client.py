"""The client of an organization."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import httpx

from assay_sdk._async.api_keys import AsyncApiKeys
from assay_sdk._async.credits import AsyncCredits
from assay_sdk._async.exports import AsyncExports
from assay_sdk._async.files import AsyncFiles
from assay_sdk._async.jobs import AsyncJobs
from assay_sdk._async.ops import AsyncOps
from assay_sdk._async.organization import AsyncOrganization
from assay_sdk._async.page_call import AsyncPageCall
from assay_sdk._async.scoring import AsyncScoring
from assay_sdk._async.searching import AsyncSearching
from assay_sdk._async.submissions import AsyncSubmissions
from assay_sdk._async.transport import AsyncTransport
from assay_sdk._async.webhook_endpoints import AsyncWebhookEndpoints
from assay_sdk._async.webhook_events import AsyncWebhookEvents
from assay_sdk._async.workers import AsyncWorkers
from assay_sdk.configuration import DEFAULT_TIMEOUT_SECONDS, base_url_from, secret_from
from assay_sdk.retries import DEFAULT_RETRY, RetryPolicy
from assay_sdk.types.jobs import ContentType, Requirements, RequirementsParam
from assay_sdk.types.scores import Score
from assay_sdk.types.search import SearchResult


class AsyncClient:
    """Jobs, files and everything else of an organization. One client serves a whole program; `close` it at the end."""

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        retry: RetryPolicy = DEFAULT_RETRY,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """
        Args:
            api_key: `fh_live_…` or `fh_test_…`; the variable `ASSAY_API_KEY` when absent.
            base_url: of the server; the variable `ASSAY_BASE_URL`, else this machine, when absent.
            timeout_seconds: to connect, and without a byte of an answer.
            retry: when requests are made again.
            transport: httpx's, in place of the network.

        Raises:
            ValueError: there is no key.
        """
        self._transport = AsyncTransport(
            base_url=base_url_from(base_url),
            secret=secret_from(api_key, "ASSAY_API_KEY", "api_key"),
            timeout_seconds=timeout_seconds,
            retry=retry,
            transport=transport,
        )
        self.jobs = AsyncJobs(self._transport)
        """Ask for files, and follow what comes of it."""
        self.files = AsyncFiles(self._transport)
        """Delivered files, and their download."""
        self.submissions = AsyncSubmissions(self._transport)
        """What was sent to jobs, and files of your own."""
        self.exports = AsyncExports(self._transport)
        """Delivered files as one dataset."""
        self.api_keys = AsyncApiKeys(self._transport)
        """Keys of the organization."""
        self.webhook_endpoints = AsyncWebhookEndpoints(self._transport)
        """Receivers of events."""
        self.webhook_events = AsyncWebhookEvents(self._transport)
        """What happened."""
        self.credits = AsyncCredits(self._transport)
        """What the organization has, and where it went."""
        self.organization = AsyncOrganization(self._transport)
        """Its settings."""
        self.workers = AsyncWorkers(self._transport)
        """People who capture files."""
        self.ops = AsyncOps(self._transport)
        """The installation, for its operators."""

    async def score(
        self,
        file: str | Path | bytes,
        *,
        description: str,
        content_type: ContentType | None = None,
        file_formats: Sequence[str] | None = None,
        requirements: Requirements | RequirementsParam | None = None,
        filename: str | None = None,
    ) -> Score:
        """Score and annotate one file now; nothing is stored, nothing is charged.

        Args:
            file: path or content.
            description: what it must show.
            content_type: `image`, `audio` or `video`; any when absent.
            file_formats: names (`jpeg`) or MIME types that are accepted; all of the content type when absent.
            requirements: hard conditions.
            filename: what it is called; the path's name when absent.

        Raises:
            Overloaded: the engine cannot score at the moment.
            PayloadTooLarge: the file has too many bytes.
        """
        return await AsyncScoring(self._transport).score(
            file,
            description=description,
            content_type=content_type,
            file_formats=file_formats,
            requirements=requirements,
            filename=filename,
        )

    def search(self, q: str, *, job_id: str | None = None, limit: int | None = None) -> AsyncPageCall[SearchResult]:
        """Delivered files by meaning, best first. There is one page.

        Args:
            q: what to look for, at most 500 characters.
            job_id: of the job; all jobs when absent.
            limit: results, 1 to 100.
        """
        return AsyncSearching(self._transport).search(q, job_id=job_id, limit=limit)

    async def close(self) -> None:
        """End the connections."""
        await self._transport.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
