"""The way of an item to a Ray deployment and of its answer back.

Large arrays go through Ray's object store, where every replica of the node maps the same read-only pages: a view that
three models look at is copied once. Everything else goes in the message itself, which costs a third (measured
for one request through five deployments: 16 ms of CPU time by message, 45 ms by object reference).
"""

import asyncio
import math
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import ray
from numpy.typing import NDArray
from ray.serve.handle import DeploymentHandle

from models.recording import Recording
from serve.errors import EngineUnavailable

MIN_SHARED_BYTES = 100 * 1024
"""Ray keeps smaller objects in the message (`max_direct_call_object_size`)."""
MAX_MESSAGE_BYTES = 1 << 20
"""Of all items of a call. Processor time of an array's way to three deployments, by message and through the store: 7
and 19 ms for 150 kB, 8 and 17 ms for 500 kB, 14 and 18 ms for 1 MB, 23 and 19 ms for 2 MB (four at a time). Half of the
everyday photos of the evaluation set have between half a megabyte and one."""


class SharedArrays:
    """Puts an array into the object store once, and forgets it when nobody holds the array any more."""

    def __init__(self) -> None:
        self._references: dict[int, ray.ObjectRef[NDArray[Any]]] = {}

    def __len__(self) -> int:
        """Arrays that are in the store now."""
        return len(self._references)

    def share(self, item: Any) -> Any:
        """A reference that Ray resolves before the deployment sees it; small items and other types as they are."""
        if not isinstance(item, np.ndarray) or item.nbytes < MIN_SHARED_BYTES:
            return item
        key = id(item)
        if key not in self._references:
            self._references[key] = ray.put(item)
            weakref.finalize(item, self._references.pop, key, None)
        return self._references[key]


class RayHandle:
    """`await handle(item)`, for a deployment that takes several items and returns an answer or error for each.

    Items asked for in one turn of the event loop share a call of at most `max_items`: the frames of a video cost
    one call and not twelve, at 9 ms of CPU time each.
    """

    def __init__(
        self,
        deployment: DeploymentHandle,
        *,
        max_items: int = 1,
        by_message: tuple[type, ...] = (str,),
        shared: SharedArrays | None = None,
    ) -> None:
        """
        Args:
            deployment: what answers.
            max_items: most items of one call.
            by_message: types that go in the message as small arrays do, and their answers too, in a Ray of this machine
                alone; all others take the object store, and Ray's own calls, which end as soon as Ray gives a silent
                machine up.
            shared: the references to share arrays with other handles.
        """
        self._by_reference = deployment.options(_by_reference=True)
        self._by_message = deployment.options(_by_reference=False)
        self.max_items = max_items
        self._message_types = by_message if _is_of_this_machine() else ()
        self._shared = SharedArrays() if shared is None else shared
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []
        self._calls: set[asyncio.Task[None]] = set()

    async def __call__(self, item: Any) -> Any:
        """The deployment's answer.

        Raises:
            EngineUnavailable: the deployment is not running, or ended meanwhile.
            Exception: whatever the deployment answered for this item, for example a `ModelItemError`.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((item, answer))
        if len(self._waiting) == 1:
            loop.call_soon(self._send_all)
        return await answer

    def _send_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), self.max_items):
            call = asyncio.get_running_loop().create_task(self._send(waiting[start : start + self.max_items]))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

    async def _send(self, asked: Sequence[tuple[Any, asyncio.Future[Any]]]) -> None:
        items = [item for item, _ in asked]
        outcome: list[Any] | BaseException
        (outcome,) = await asyncio.gather(self._call(items), return_exceptions=True)
        answers = [self._unavailable(outcome)] * len(asked) if isinstance(outcome, BaseException) else outcome
        for (_, waiting), answer in zip(asked, answers, strict=True):
            if waiting.done():  # its caller was cancelled
                continue
            if isinstance(answer, BaseException):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)

    async def _call(self, items: Sequence[Any]) -> list[Any]:
        """An answer or an exception for each item."""
        if sum(map(self._message_bytes, items)) <= MAX_MESSAGE_BYTES:
            answers: list[Any] = await self._by_message.remote(*items)
        else:
            answers = await self._by_reference.remote(*(self._shared.share(item) for item in items))
        return answers

    def _message_bytes(self, item: Any) -> float:
        """What the item adds to a message, roughly; infinite for what goes in none."""
        if not self._message_types:
            return math.inf
        match item:
            case np.ndarray():
                return item.nbytes
            case Recording():
                return item.samples.nbytes
        return 0 if isinstance(item, self._message_types) else math.inf

    def _unavailable(self, error: BaseException) -> EngineUnavailable:
        wrapped = EngineUnavailable(f"{self._by_reference.deployment_name}: {type(error).__name__}: {error}")
        wrapped.__cause__ = error
        return wrapped


def _is_of_this_machine() -> bool:
    """Whether this Ray is on loopback. Serve's messages wait two minutes for a machine whose cable is cut."""
    host = ray.get_runtime_context().gcs_address.rpartition(":")[0]
    return host in ("127.0.0.1", "localhost", "[::1]")
