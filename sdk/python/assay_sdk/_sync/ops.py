# Generated from _async/ops.py by sdk/python/generate_sync.py; edit that.
"""The installation, for its operators."""

from assay_sdk import calls
from assay_sdk._sync.transport import Transport
from assay_sdk.types.ops import BatchSettings, OpsOverview, Role


class Ops:
    """Queue, models and batches. Needs a key with the scopes `ops:read` and `ops:write`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def overview(self) -> OpsOverview:
        """Queue, throughput, latencies, models and failures at this moment, over all organizations."""
        return self._transport.fetch(calls.get("/v1/ops/overview"), OpsOverview)

    def change_batch(
        self,
        role: Role,
        *,
        max_cost: float | None = None,
        max_items: int | None = None,
        wait_seconds: float | None = None,
        concurrent: int | None = None,
    ) -> BatchSettings:
        """Let a model's batches form in another way from the next one on; what is absent stays.

        Args:
            role: of the model, for example `text`.
            max_cost: in the model's unit, megapixels of pictures or seconds of sound.
            max_items: of a batch.
            wait_seconds: longest wait of the oldest item of a batch.
            concurrent: batches that one replica runs at once.

        Raises:
            NotFound: the profile has no such model.
            ValidationFailed: a replica is never given as many items.
        """
        given = {
            "max_cost": max_cost, "max_items": max_items, "wait_seconds": wait_seconds, "concurrent": concurrent,
        }  # fmt: skip
        body = {name: value for name, value in given.items() if value is not None}
        call = calls.patch(calls.path_of("/v1/ops/models/{role}/batch", role=role), body)
        return self._transport.fetch(call, BatchSettings)
