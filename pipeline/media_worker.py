"""A process that reads strangers' files one by one, under limits, until the engine closes the channel or dies.

Started by `pipeline.media_process` as `python -m <worker module> <socket> <limits as JSON>`.
"""

import math
import resource
import signal
import socket
import sys
import warnings
from collections.abc import Callable
from typing import Any

import cv2

from configs.settings import DecodeSettings
from pipeline.decode_channel import Channel
from pipeline.media import MediaError

READY = "ready"
"""First message: everything is imported, so that a time limit covers the work alone."""

_ALARM_SLACK_SECONDS = 5
"""The engine's own clock comes first; the alarm is for when there is no engine any more."""

Send = Callable[[Any], None]
Answer = Callable[[Any, DecodeSettings, Send], Any]
"""Of (request, limits, what sends a part of the answer ahead): the last part, or it raises `MediaError`."""


def run(answer: Answer) -> None:
    """Answer requests of (request, time limit in seconds) with what `answer` returns, or the `MediaError` it raises."""
    limits = DecodeSettings.model_validate_json(sys.argv[2])
    _confine(limits)
    warnings.simplefilter("ignore")  # Pillow's, on broken metadata
    channel = Channel(socket.socket(fileno=int(sys.argv[1])), limits.max_size_bytes + 1024)
    channel.send(READY)
    while True:
        try:
            request, limit_seconds = channel.receive()
        except (EOFError, ConnectionError):
            return
        # The kernel ends a decoder that hangs in C code after its engine was killed.
        signal.alarm(math.ceil(limit_seconds) + _ALARM_SLACK_SECONDS)
        channel.send(_last_part(answer, request, limits, channel.send))
        signal.alarm(0)


def _confine(limits: DecodeSettings) -> None:
    """No more memory than allowed, no core dumps, nothing written to any file."""
    # CUDA reserves address space for all memory of all devices; what it does not use does not count as data.
    memory = resource.RLIMIT_DATA if limits.video_device == "cuda" else resource.RLIMIT_AS
    resource.setrlimit(memory, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    cv2.setNumThreads(1)


def _last_part(answer: Answer, request: Any, limits: DecodeSettings, send: Send) -> Any:
    try:
        return answer(request, limits, send)
    except MediaError as error:
        return type(error)(*error.args)  # without the traceback, which holds the arrays
