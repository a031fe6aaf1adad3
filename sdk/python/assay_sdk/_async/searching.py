"""Search by meaning."""

from assay_sdk import calls
from assay_sdk._async.page_call import AsyncPageCall
from assay_sdk._async.transport import AsyncTransport
from assay_sdk.types.search import SearchResult


class AsyncSearching:
    """Delivered files by what is seen, read and heard in them."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def search(self, q: str, *, job_id: str | None = None, limit: int | None = None) -> AsyncPageCall[SearchResult]:
        """Delivered files by meaning, best first. There is one page.

        Args:
            q: what to look for, at most 500 characters.
            job_id: of the job; all jobs when absent.
            limit: results, 1 to 100.
        """
        call = calls.get("/v1/search", q=q, job_id=job_id, limit=limit)
        return AsyncPageCall.of(self._transport, call, SearchResult)
