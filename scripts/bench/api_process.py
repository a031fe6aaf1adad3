"""One process of the front end for the bench: `python -m scripts.bench.api_process api|background PORT`."""

import asyncio
import signal
import sys

import uvicorn
import uvloop

from api.app import create_app
from api.background import Background
from api.start import collect_rarely, make_services
from configs.settings import load_settings
from scripts.bench.instant_engine import InstantEngine


def main(role: str, port: int) -> None:
    """Run until told to stop; the settings come from the environment."""
    services = make_services(load_settings("embedded"), InstantEngine())
    collect_rarely()
    if role == "api":
        uvicorn.run(create_app(services), host="127.0.0.1", port=port, log_level="warning", access_log=False)
    else:
        uvloop.run(_background(Background(services)))  # which Ray gives its replicas, and uvicorn itself


async def _background(background: Background) -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    background.start()
    await told.wait()
    await background.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
