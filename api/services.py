"""What every request may use, made once for each process."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from api.callers import Callers
from api.db import Database
from api.files.render_process import Renderer
from api.job_watch import JobWatch
from api.ops.history import History
from api.rate_limits import RateLimits
from api.rubrics.active import ActiveRubrics
from api.scoring.places import Places
from api.secrets import Cipher
from api.storage import ObjectStore
from configs.settings import Settings
from serve.client import Engine


@dataclass(slots=True)
class Services:
    """The parts of the front end, each behind its own seam."""

    settings: Settings
    db: Database
    store: ObjectStore
    engine: Engine
    cipher: Cipher
    limits: RateLimits = field(init=False)
    callers: Callers = field(init=False)
    watch: JobWatch = field(init=False)
    scoring: Places = field(init=False)
    rubrics: ActiveRubrics = field(init=False)
    history: History = field(init=False)
    renderer: Renderer = field(init=False)
    requests_under_way: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.limits = RateLimits(self.settings.limits)
        self.callers = Callers(self.db)
        self.watch = JobWatch(self.db)
        self.scoring = Places(self.settings.api.score_concurrency)
        self.rubrics = ActiveRubrics(self.db)
        self.history = History()
        self.renderer = Renderer(self.settings.decode)

    async def start(self) -> None:
        """Open what has to be opened; the database and the engine open themselves."""
        await self.store.start()

    async def close(self) -> None:
        """Let go of the database, the store and the processes for renditions. The engine belongs to who made it."""
        await self.renderer.close()
        await self.store.close()
        await self.db.close()


def services_of(request: Request) -> Services:
    """Those of the app that the request came to. Dependencies ask here: one of their own would cost as much again."""
    found: Services = request.app.state.services
    return found


async def services(request: Request) -> Services:
    """The same as a dependency.

    Asynchronous like every dependency here: FastAPI changes threads to call a plain function or class.
    """
    return services_of(request)


Use = Annotated[Services, Depends(services)]
"""Parameter type of a route that needs them: `use: Use`."""
