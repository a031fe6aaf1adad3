"""Everything that works without being asked, in one process: dispatcher, sweeper, webhook sender, exporter."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from api.dispatcher import Dispatcher
from api.exports.exporter import Exporter
from api.sandbox import Sandbox
from api.services import Services
from api.sweeper import Sweeper
from api.webhooks.sender import WebhookSender

log = logging.getLogger("assay.background")

Loop = Callable[[asyncio.Event], Coroutine[None, None, None]]

RESTART_SECONDS = 1.0


class Background:
    """Runs the loops, and starts one again that ends by a fault of ours."""

    def __init__(self, use: Services) -> None:
        self._stop = asyncio.Event()
        sweeper = Sweeper(use)
        self._loops: dict[str, Loop] = {
            "dispatcher": Dispatcher(use).run,
            "sweeper": sweeper.run,
            "arrivals": sweeper.watch_arrivals,
            "webhooks": WebhookSender(use).run,
            "exports": Exporter(use).run,
            "sandbox": Sandbox(use).run,
        }
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._tasks = [asyncio.create_task(self._keep(name, loop)) for name, loop in self._loops.items()]

    async def close(self) -> None:
        """Stop; what is under way is given back."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _keep(self, name: str, loop: Loop) -> None:
        while not self._stop.is_set():
            task = asyncio.create_task(loop(self._stop))
            await asyncio.wait({task})
            fault = asyncio.CancelledError() if task.cancelled() else task.exception()
            if fault is not None:
                log.error("a loop ended", exc_info=fault, extra={"loop": name})
                await asyncio.sleep(RESTART_SECONDS)
