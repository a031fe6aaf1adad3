# Generated from _async/client.py by sdk/python/generate_sync.py; edit that.
"""The client of an organization."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import httpx

from assay_sdk._sync.api_keys import ApiKeys
from assay_sdk._sync.credits import Credits
from assay_sdk._sync.exports import Exports
from assay_sdk._sync.files import Files
from assay_sdk._sync.jobs import Jobs
from assay_sdk._sync.ops import Ops
from assay_sdk._sync.organization import Organization
from assay_sdk._sync.pages import Page
from assay_sdk._sync.scoring import Scoring
from assay_sdk._sync.searching import Searching
from assay_sdk._sync.submissions import Submissions
from assay_sdk._sync.transport import Transport
from assay_sdk._sync.webhook_endpoints import WebhookEndpoints
from assay_sdk._sync.webhook_events import WebhookEvents
from assay_sdk._sync.workers import Workers
from assay_sdk.configuration import DEFAULT_TIMEOUT_SECONDS, base_url_from, secret_from
from assay_sdk.retries import DEFAULT_RETRY, RetryPolicy
from assay_sdk.types.jobs import ContentType, Requirements, RequirementsParam
from assay_sdk.types.scores import Score
from assay_sdk.types.search import SearchResult


class Client:
    """Jobs, files and everything else of an organization. One client serves a whole program; `close` it at the end."""

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        retry: RetryPolicy = DEFAULT_RETRY,
        transport: httpx.BaseTransport | None = None,
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
        self._transport = Transport(
            base_url=base_url_from(base_url),
            secret=secret_from(api_key, "ASSAY_API_KEY", "api_key"),
            timeout_seconds=timeout_seconds,
            retry=retry,
            transport=transport,
        )
        self.jobs = Jobs(self._transport)
        """Ask for files, and follow what comes of it."""
        self.files = Files(self._transport)
        """Delivered files, and their download."""
        self.submissions = Submissions(self._transport)
        """What was sent to jobs, and files of your own."""
        self.exports = Exports(self._transport)
        """Delivered files as one dataset."""
        self.api_keys = ApiKeys(self._transport)
        """Keys of the organization."""
        self.webhook_endpoints = WebhookEndpoints(self._transport)
        """Receivers of events."""
        self.webhook_events = WebhookEvents(self._transport)
        """What happened."""
        self.credits = Credits(self._transport)
        """What the organization has, and where it went."""
        self.organization = Organization(self._transport)
        """Its settings."""
        self.workers = Workers(self._transport)
        """People who capture files."""
        self.ops = Ops(self._transport)
        """The installation, for its operators."""

    def score(
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
        return Scoring(self._transport).score(
            file,
            description=description,
            content_type=content_type,
            file_formats=file_formats,
            requirements=requirements,
            filename=filename,
        )

    def search(self, q: str, *, job_id: str | None = None, limit: int | None = None) -> Page[SearchResult]:
        """Delivered files by meaning, best first. There is one page.

        Args:
            q: what to look for, at most 500 characters.
            job_id: of the job; all jobs when absent.
            limit: results, 1 to 100.
        """
        return Searching(self._transport).search(q, job_id=job_id, limit=limit)

    def close(self) -> None:
        """End the connections."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
