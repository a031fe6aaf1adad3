"""Routes that sign a worker's browser in and out: by an invitation, or by the worker's token."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from api.auth import MAX_TOKEN_CHARACTERS, WORKER_TOKEN, check_token, find_session_worker, find_worker
from api.clock import now
from api.errors import AuthenticationFailed
from api.services import Services, Use
from api.tables import Worker
from api.web.session import LIFE, Session, clear_cookie, read_session, set_cookie
from api.wire import Text, Wire, WireTime
from api.workers.invitations import open_invitation
from api.workers.worker_schemas import WorkerSelf

router = APIRouter(include_in_schema=False)

Secret = Annotated[Text, Field(min_length=1, max_length=MAX_TOKEN_CHARACTERS)]


class WorkerSignIn(Wire):
    """One of the two ways in."""

    invitation: Secret | None = None
    """The code of an invitation's link, which works once."""
    token: Secret | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.invitation is None) == (self.token is None):
            raise ValueError("give either invitation or token")
        return self


class WorkerSession(Wire):
    """A worker's browser that is signed in."""

    object: Literal["worker_session"] = "worker_session"
    worker: WorkerSelf
    csrf_token: str
    """To be sent with every request that changes something. It lives in the page's memory only."""
    expires_at: WireTime


@router.post("/web/worker_session", status_code=201)
async def sign_worker_in(body: WorkerSignIn, request: Request, response: Response, use: Use) -> WorkerSession:
    """Trade an invitation or a token for a session."""
    use.limits.spend_anonymous(request)
    if body.invitation is not None:
        async with use.db.write() as session:
            worker = await open_invitation(session, body.invitation, request.state.request_id)
    else:
        worker = await _by_token(use, body.token or "")
    return _begin(worker, request, response, use)


@router.get("/web/worker_session")
async def current_worker_session(request: Request, response: Response, use: Use) -> WorkerSession:
    """The session of this browser. One that is used goes on: in its second half it is made anew."""
    found = read_session(request, use, "worker")
    if found is None:
        raise AuthenticationFailed("nobody is signed in", code="no_session")
    async with use.db.read() as session:
        worker = await find_session_worker(session, found)
    if worker is None:
        raise AuthenticationFailed("this worker has a new token, which ended the session", code="no_session")
    use.limits.spend(request, worker.id)
    if found.expires_at - now() < LIFE["worker"] / 2:
        return _begin(worker, request, response, use)
    response.headers["Cache-Control"] = "no-store"
    return _resource(worker, found, use)


@router.delete("/web/worker_session", status_code=204, response_class=Response)
async def sign_worker_out(request: Request, use: Use) -> Response:
    """End the session. Without one nothing happens."""
    read_session(request, use, "worker")
    response = Response(status_code=204)
    clear_cookie(response, request, use, "worker")
    return response


async def _by_token(use: Services, token: str) -> Worker:
    check_token(token, WORKER_TOKEN)
    async with use.db.read() as session:
        worker = await find_worker(session, token)
    if worker is None:
        raise AuthenticationFailed("this worker token is unknown", code="invalid_worker_token")
    return worker


def _begin(worker: Worker, request: Request, response: Response, use: Services) -> WorkerSession:
    made = Session.of("worker", worker.id, worker.token_hash)
    set_cookie(response, request, use, made)
    return _resource(worker, made, use)


def _resource(worker: Worker, session: Session, use: Services) -> WorkerSession:
    return WorkerSession(
        worker=WorkerSelf.of(worker, use.settings.collection.strikes_to_ban),
        csrf_token=session.csrf_token,
        expires_at=session.expires_at,
    )
