"""The decoding processes that a test may look at, among all that its session has started."""

import psutil


def decoding_processes() -> set[int]:
    """Decoding processes of this one, dead but unburied ones among them."""
    return {child.pid for child in psutil.Process().children() if is_decoder(child)}


def is_decoder(process: psutil.Process) -> bool:
    return process.status() == psutil.STATUS_ZOMBIE or "pipeline.decode_worker" in process.cmdline()
