"""Decoding in child processes that can be killed."""

from pathlib import Path

from pipeline.media import Decoded
from pipeline.media_process import MediaProcesses


class Decoder(MediaProcesses):
    """`limits.workers` decoding processes; `decode` may be called from any thread and waits for a free one."""

    worker = "pipeline.decode_worker"

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
        return decoded
