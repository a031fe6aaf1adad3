"""Decoding in child processes that can be killed."""

import logging
from pathlib import Path

from configs.settings import DecodeSettings
from pipeline.hardware import accelerator
from pipeline.media import Decoded, DecodedVideo
from pipeline.media_process import MediaProcesses

log = logging.getLogger("assay.decode")


class Decoder(MediaProcesses):
    """`limits.workers` decoding processes; `decode` may be called from any thread and waits for a free one."""

    worker = "pipeline.decode_worker"

    def __init__(self, limits: DecodeSettings) -> None:
        super().__init__(limits)
        self._told: set[str] = set()
        """Codecs that the GPU did not decode."""
        self._expects_gpu = limits.video_device == "cuda" or accelerator(limits) is not None

    def decode(self, source: Path | bytes) -> Decoded:
        """Decode a file as `pipeline.decode.decode` does, within limits of time and memory.

        Raises:
            MediaError: the file is damaged, of no accepted format, over a limit, or ends its process twice.
            FileNotFoundError: no such file.
            RuntimeError: the decoder is closed, or no child can be started.
        """
        size_bytes = source.stat().st_size if isinstance(source, Path) else len(source)
        request = source.absolute() if isinstance(source, Path) else source
        decoded: Decoded = self._run(request, size_bytes, lambda: lambda _answer: False)
        if self._expects_gpu and isinstance(decoded, DecodedVideo) and not decoded.on_gpu:
            self._tell_once(decoded.facts.codecs[0])
        return decoded

    def _tell_once(self, codec: str) -> None:
        """Else a machine whose GPU decodes nothing would only be slow."""
        if codec not in self._told:
            self._told.add(codec)
            log.warning("video in %s is decoded on the CPU, not by NVDEC", codec)
