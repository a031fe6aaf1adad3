"""The decoding process, see `pipeline.media_worker`."""

from pipeline.decode import decode
from pipeline.media_worker import run

if __name__ == "__main__":
    run(lambda source, limits, _send: decode(source, limits))
