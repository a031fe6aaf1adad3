"""What an agent reads of a resource: a line or a few, beside the typed result; and pictures that it can look at."""

from collections.abc import Callable
from typing import Any

import cv2
from mcp.types import ResourceLink

from api.files.schemas import FileResource
from api.jobs.schemas import JobResource
from api.pages import Page
from api.scoring.schemas import ScoreResource
from api.submissions.schemas import SubmissionResource, SubmissionSummary
from pipeline.decode_image import fit
from pipeline.decode_process import Decoder
from pipeline.media import DecodedImage, MediaError

PICTURE_PIXELS = 512
"""Long side of what an agent looks at: some 300 tokens, and text of a menu can still be made out."""
JPEG_QUALITY = 80


def tell_job(job: JobResource) -> str:
    return (
        f"{job.id} “{job.title}” is {job.status}: {job.files_approved} of {job.quantity} files approved, "
        f"{job.files_pending} pending, {job.spent_credits} credits spent, {job.held_credits} held"
    )


def tell_file(file: FileResource) -> str:
    read = (file.annotations or {}).get("ocr_text") or (file.annotations or {}).get("transcript") or ""
    said = f", says “{' '.join(read.split())[:80]}”" if read else ""
    return f"{file.id}: {file.score} stars, {file.mime_type}{said}"


def link_to(file: FileResource) -> ResourceLink:
    """Where an agent reads the file itself."""
    name, kind = file.filename or file.id, file.mime_type
    return ResourceLink(
        type="resource_link", uri=f"assay://files/{file.id}", name=name, mime_type=kind, size=file.size_bytes
    )


def tell_submission(submission: SubmissionResource) -> str:
    why = f" ({', '.join(submission.reasons)})" if submission.reasons else ""
    stars = f", {submission.score} stars" if submission.score else ""
    return f"{submission.id}: {submission.status}{stars}{why}"


def tell_summary(summary: SubmissionSummary) -> str:
    counted = ", ".join(f"{count} {status}" for status, count in summary.by_status.items() if count)
    return f"{summary.total} submissions: {counted or 'none'}; average {summary.average_score or '–'} stars"


def tell_score(score: ScoreResource) -> str:
    told = score.score_breakdown
    return f"{score.score} stars. {told['feedback']} {' '.join(told['reasons'])}".strip()


def tell_page(what: str, page: Page[Any], tell: Callable[[Any], str]) -> str:
    """A line for each entry, and how to get the rest."""
    lines = [f"{len(page.data)} {what}", *(f"- {tell(one)}" for one in page.data)]
    return "\n".join([*lines, f"More: cursor {page.next_cursor}"] if page.next_cursor else lines)


def small_picture(decoder: Decoder, content: bytes) -> bytes:
    """A JPEG of at most `PICTURE_PIXELS`, out of a delivered picture, which is a stranger's.

    Args:
        decoder: of processes with limits: a WebP of 2.7 MB takes 1.25 GB to decode.

    Raises:
        MediaError: it cannot be decoded within the limits, or is no picture.
    """
    decoded = decoder.decode(content)
    if not isinstance(decoded, DecodedImage):
        raise MediaError("This file is no picture.")
    height, width = decoded.view.shape[:2]
    small = cv2.resize(decoded.view, fit((width, height), PICTURE_PIXELS), interpolation=cv2.INTER_AREA)
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), options)[1].tobytes()
