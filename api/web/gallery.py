"""What the console's gallery is drawn from: slim rows of submissions, and small pictures of their files.

These routes are for signed-in pages only, and no part of the contract. A row has some hundred bytes, where the
resource of the API has its evidence too, so that ten thousand of them fit into a page.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from api.auth import Caller, find_session_key, needs
from api.errors import AuthenticationFailed, AuthorizationFailed, NotFound
from api.ids import JobId, SubmissionId
from api.jobs.queries import find_job
from api.pages import Page, PageRequest, as_page
from api.services import Use
from api.storage import ObjectMissing
from api.submissions.keys import original_key
from api.submissions.queries import find_submission, submissions_of
from api.submissions.schemas import SubmissionStatus
from api.tables import File, Submission
from api.web.previews import Previews
from api.web.session import read_session
from api.wire import Wire, WireTime
from pipeline.media import MediaError

router = APIRouter(include_in_schema=False)

PAGE_ROWS = 200
PREVIEW_FILES = Literal["preview.json", "thumbnail.jpg", "picture.jpg", "sound.wav"]
_KEPT_BY_BROWSER = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}


class GalleryRow(Wire):
    """A submission, as a tile shows it."""

    id: str
    file_id: str | None
    status: SubmissionStatus
    score: int | None
    attempt: int
    worker_id: str | None
    created_at: WireTime


async def _page(cursor: Annotated[str | None, Query(max_length=200)] = None) -> PageRequest:
    """Pages of the gallery are as long as a fast scroll needs."""
    return PageRequest(PAGE_ROWS, cursor)


@router.get("/web/jobs/{job_id}/gallery")
async def gallery(
    job_id: JobId,
    use: Use,
    page: Annotated[PageRequest, Depends(_page)],
    status: SubmissionStatus | None = None,
    score: Annotated[int | None, Query(ge=1, le=5)] = None,
    caller: Caller = needs("jobs:read"),
) -> Page[GalleryRow]:
    """Submissions of a job, newest first."""
    columns = (getattr(Submission, name) for name in GalleryRow.model_fields)
    query = submissions_of(caller).where(Submission.job_id == job_id).options(load_only(*columns))
    if status is not None:
        query = query.where(Submission.status == status)
    if score is not None:
        query = query.where(Submission.score == score)
    if page.before is not None:
        query = query.where(Submission.id < page.before)
    async with use.db.read() as session:
        await find_job(session, caller, job_id)
        rows = list(await session.scalars(query.order_by(Submission.id.desc()).limit(page.limit + 1)))
    return as_page(rows, page, lambda row: row.id, lambda row: GalleryRow.model_validate(row, from_attributes=True))


async def viewer(request: Request, use: Use) -> Caller:
    """The client whose page shows a preview. A gallery asks for hundreds in a minute, so they are not counted.

    Raises:
        AuthenticationFailed: nobody is signed in.
        AuthorizationFailed: the key may not see files.
    """
    found = read_session(request, use, "client")
    async with use.db.read() as session:
        key = await find_session_key(session, found) if found else None
    if key is None:
        raise AuthenticationFailed("nobody is signed in", code="no_session")
    if "files:read" not in key.scopes:
        raise AuthorizationFailed("this key lacks the scope files:read", code="missing_scope", param="files:read")
    return Caller(key.id, key.organization_id, key.livemode, frozenset(key.scopes), request.state.request_id)


Viewer = Annotated[Caller, Depends(viewer)]


@router.get("/web/submissions/{submission_id}/frames/{number}.jpg")
async def frame(submission_id: SubmissionId, number: int, request: Request, use: Use, caller: Viewer) -> FileResponse:
    """A frame of a video, by its place in `frames` of `preview.json`."""
    return await _part(request, use, caller, submission_id, f"frame-{number}.jpg")


@router.get("/web/submissions/{submission_id}/{name}")
async def preview(
    submission_id: SubmissionId, name: PREVIEW_FILES, request: Request, use: Use, caller: Viewer
) -> FileResponse:
    """What a person sees and hears of a file without downloading it, whatever was decided on it."""
    return await _part(request, use, caller, submission_id, name)


async def _part(request: Request, use: Use, caller: Caller, submission_id: str, name: str) -> FileResponse:
    previews: Previews = request.app.state.previews
    async with use.db.read() as session:
        submission = await find_submission(session, caller, submission_id)
        key = await _key(session, submission)
    try:
        folder = await previews.folder(use, f"{submission.id}-{submission.attempt}", key)
    except (ObjectMissing, MediaError) as error:
        raise NotFound("there is nothing to be seen of this file", code="no_preview") from error
    if not (folder / name).is_file():
        raise NotFound("there is no such part of this file", code="no_preview")
    return FileResponse(folder / name, headers=_KEPT_BY_BROWSER)


async def _key(session: AsyncSession, submission: Submission) -> str:
    """Of the object: what is delivered, else what was uploaded, unless its time is over."""
    file = await session.get(File, submission.file_id) if submission.file_id else None
    if file is not None and file.original_key != original_key(submission):
        file = None  # of the attempt before: the present one is not scored yet
    delivered = file.delivered_key if file is not None else None
    if delivered is None and (file or submission).original_deleted_at is not None:
        raise NotFound("the uploaded file has been deleted", code="no_preview")
    return delivered or (file.original_key if file is not None else original_key(submission))
