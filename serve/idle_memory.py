"""A replica that has nothing to do gives back what its heap holds free, and what torch keeps of its GPU.

glibc returns freed memory from the end of a heap alone; what lies between blocks in use stays with the process. After
1,200 pictures of many sizes the text replica held 430 of 2,960 MB so.
"""

import ctypes
import sys
import time
from collections.abc import Callable
from threading import Thread

CHECK_SECONDS = 5.0
BUSY_SHARE = 0.05
"""Of one core, from one look to the next: Ray's own threads take a hundredth."""


def give_back_when_idle() -> None:
    """Watch this process from a thread of its own, as long as it lives."""
    Thread(target=_watch, args=(_give_back,), name="idle-memory", daemon=True).start()


def _give_back() -> None:
    """Only glibc can trim its heap. A process that has not imported torch holds no memory of a GPU through it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _watch(give_back: Callable[[], None]) -> None:
    """Give back once after each time of work."""
    has_worked, before = False, time.process_time()
    while True:
        time.sleep(CHECK_SECONDS)
        now = time.process_time()
        if now - before > BUSY_SHARE * CHECK_SECONDS:
            has_worked = True
        elif has_worked:
            give_back()
            has_worked, now = False, time.process_time()
        before = now
