"""A replica that has nothing to do gives back what its heap holds free.

glibc returns freed memory from the end of a heap alone; what lies between blocks in use stays with the process. After
1,200 pictures of many sizes the text replica held 430 of 2,960 MB so.
"""

import ctypes
import time
from threading import Thread

CHECK_SECONDS = 5.0
IDLE_SHARE = 0.1
"""Of one core, between two looks: Ray's own threads take a hundredth."""
WORTH_SECONDS = 1.0
"""Processor time since memory was last given back, below which there is hardly any more."""


def give_back_when_idle() -> None:
    """Watch this process from a thread of its own, as long as it lives. Only glibc can: elsewhere nothing happens."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        Thread(target=_watch, args=(trim,), name="idle-memory", daemon=True).start()


def _watch(trim: "ctypes._NamedFuncPointer") -> None:
    given_back_at = last = time.process_time()
    while True:
        time.sleep(CHECK_SECONDS)
        now = time.process_time()
        if now - last < IDLE_SHARE * CHECK_SECONDS and now - given_back_at > WORTH_SECONDS:
            trim(0)
            given_back_at = now
        last = now
