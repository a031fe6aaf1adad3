# Generated from _async/searching.py by sdk/python/generate_sync.py; edit that.
"""Search by meaning."""

from assay_sdk import calls
from assay_sdk._sync.pages import Page
from assay_sdk._sync.transport import Transport
from assay_sdk.types.search import SearchResult


class Searching:
    """Delivered files by what is seen, read and heard in them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def search(self, q: str, *, job_id: str | None = None, limit: int | None = None) -> Page[SearchResult]:
        """Delivered files by meaning, best first. There is one page.

        Args:
            q: what to look for, at most 500 characters.
            job_id: of the job; all jobs when absent.
            limit: results, 1 to 100.
        """
        call = calls.get("/v1/search", q=q, job_id=job_id, limit=limit)
        return Page.of(self._transport, call, SearchResult)
