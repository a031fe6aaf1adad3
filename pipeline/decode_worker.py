"""The decoding process: one file after the other, under limits, until the engine closes the channel or dies.

Started by `pipeline.decode_process` as `python -m pipeline.decode_worker <socket> <limits as JSON>`.
"""

import math
import resource
import signal
import socket
import sys
import warnings
from pathlib import Path

import cv2

from configs.settings import DecodeSettings
from pipeline.decode import decode
from pipeline.decode_channel import Channel
from pipeline.media import Decoded, MediaError

READY = "ready"
"""First message: everything is imported, so that a time limit covers the decoding alone."""

_ALARM_SLACK_SECONDS = 5
"""The engine's own clock comes first; the alarm is for when there is no engine any more."""


def main(connection: socket.socket, limits: DecodeSettings) -> None:
    """Answer requests of (source, time limit in seconds) with a `Decoded` or a `MediaError`."""
    _confine(limits)
    warnings.simplefilter("ignore")  # Pillow's, on broken metadata
    channel = Channel(connection, limits.max_size_bytes + 1024)
    channel.send(READY)
    while True:
        try:
            source, limit_seconds = channel.receive()
        except (EOFError, ConnectionError):
            return
        # The kernel ends a decoder that hangs in C code after its engine was killed.
        signal.alarm(math.ceil(limit_seconds) + _ALARM_SLACK_SECONDS)
        channel.send(_answer(source, limits))
        signal.alarm(0)


def _confine(limits: DecodeSettings) -> None:
    """No more memory than allowed, no core dumps, nothing written to any file."""
    # CUDA reserves address space for all memory of all devices; what it does not use does not count as data.
    memory = resource.RLIMIT_DATA if limits.video_device == "cuda" else resource.RLIMIT_AS
    resource.setrlimit(memory, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    cv2.setNumThreads(1)


def _answer(source: Path | bytes, limits: DecodeSettings) -> Decoded | MediaError:
    try:
        return decode(source, limits)
    except MediaError as error:
        return type(error)(*error.args)  # without the traceback, which holds the arrays


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), DecodeSettings.model_validate_json(sys.argv[2]))
