"""A server that has been in use: jobs of every kind with files, made in the database as decisions leave them behind.

Some of what workers and models wrote is hostile: markup that must be shown as text.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import insert, update

from api.clock import now
from api.credits.ledger import Movement, move
from api.ids import new_id
from api.services import Services
from api.start import make_services
from api.submissions.keys import original_key_of
from api.tables import File, Job, Submission
from configs.settings import load_settings
from pipeline.media import MIME_TYPES
from tests import media
from tests.api.scripted import ScriptedEngine
from tests.api.server import RunningServer

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
REWARD = 50
Make = Callable[[Services], Awaitable[str]]
FAR = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Made:
    """One file to be put into a job."""

    content: bytes
    format: str
    status: str = "approved"
    score: int = 5
    annotations: dict[str, Any] | None = None
    reasons: Sequence[tuple[str, str, float, str]] = ()
    """Code, dimension, stars and sentence."""
    failure: str | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    filename: str | None = None


class World:
    """Fills the database and the store of a running server."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server

    def job(self, files: Sequence[Made], *, quantity: int = 50, status: str = "active", **fields: Any) -> str:
        """A job with files, and its id."""
        return self._run(lambda use: self._job(use, files, quantity, status, fields))

    def many(self, content: bytes, count: int) -> str:
        """A job with so many approved pictures, which share one object."""
        return self._run(lambda use: self._many(use, content, count))

    def _run(self, make: Make) -> str:
        """In a thread of its own: Playwright keeps an event loop in that of the tests."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._made(make)).result()

    async def _made(self, make: Make) -> str:
        settings = load_settings("embedded", state_dir=self._server.state_dir)
        use = make_services(settings, ScriptedEngine())
        await use.start()
        try:
            made = await make(use)
        finally:
            await use.close()
        return made

    async def _job(
        self, use: Services, files: Sequence[Made], quantity: int, status: str, fields: dict[str, Any]
    ) -> str:
        job = self._row(quantity, status, sum(one.status == "approved" for one in files), fields)
        job.files_pending = sum(one.status in ("needs_review", "retry_pending") for one in files)
        rows = [await self._file(use, job, one, index) for index, one in enumerate(files)]
        async with use.db.write() as session:
            session.add(job)
            await session.flush()
            if job.held_credits:
                hold = Movement(
                    "hold", "available", "held", job.held_credits, f"hold:{job.id}", "Made by a test", job.id
                )
                await move(session, job.organization_id, hold)
            for submission, file in rows:
                session.add(submission)
                await session.flush()
                if file is not None:
                    session.add(file)
        return job.id

    def _row(self, quantity: int, status: str, approved: int, fields: dict[str, Any]) -> Job:
        return Job(
            id=new_id("job"),
            organization_id=self._server.organization_id,
            livemode=True,
            status=status,
            quantity=quantity,
            reward_per_file=REWARD,
            min_star_rating=3,
            file_formats=fields.pop("file_formats", ["jpeg", "png"]),
            files_approved=approved,
            files_pending=0,
            approvals=approved,
            spent_credits=approved * REWARD,
            held_credits=(quantity - approved) * REWARD if status == "active" else 0,
            requirements={},
            **{"content_type": "image", "description": "Photos of whatever there is", "title": "Photos"} | fields,
        )

    async def _file(self, use: Services, job: Job, made: Made, index: int) -> tuple[Submission, File | None]:
        submission_id, file_id = new_id("sub"), new_id("file")
        owned = {"organization_id": job.organization_id, "job_id": job.id, "livemode": True}
        key = f"uploads/{job.organization_id}/{job.id}/{submission_id}/1"
        await use.store.put_bytes(key, made.content, MIME_TYPES[made.format][1])
        breakdown = None if made.failure else _breakdown(made)
        submission = Submission(
            id=submission_id,
            status=made.status,
            file_id=None if made.failure else file_id,
            score=None if made.failure else made.score,
            score_breakdown=breakdown,
            failure=made.failure,
            filename=made.filename,
            lease_expires_at=now() + FAR if made.status == "retry_pending" else None,
            claimable_at=now() + FAR if made.status == "pending_score" else None,
            submitted_at=now(),
            decided_at=now(),
            paid_credits=REWARD if made.status == "approved" else 0,
            **owned,
        )
        if made.failure:
            return submission, None
        content_type, mime_type = MIME_TYPES[made.format]
        file = File(
            id=file_id,
            submission_id=submission_id,
            status=made.status if made.status in ("approved", "rejected") else "retry_pending",
            content_type=content_type,
            format=made.format,
            mime_type=mime_type,
            size_bytes=len(made.content),
            sha256=hashlib.sha256(made.content).hexdigest(),
            width=made.width,
            height=made.height,
            duration_seconds=made.duration_seconds,
            score=made.score,
            score_breakdown=breakdown,
            annotations=made.annotations,
            approval=index + 1 if made.status == "approved" else None,
            original_key=key,
            delivered_key=key if made.status == "approved" else None,
            filename=made.filename or f"{content_type}-{submission_id[-8:].lower()}.{made.format}",
            **owned,
        )
        return submission, file

    async def _many(self, use: Services, content: bytes, count: int) -> str:
        job = self._row(count, "completed", count, {"title": f"{count:,} photos"})
        key = f"files/{job.organization_id}/{job.id}/shared.png"
        await use.store.put_bytes(key, content, "image/png")
        owned = {"organization_id": job.organization_id, "job_id": job.id, "livemode": True}
        scored = {"status": "approved", "score_breakdown": {}, "created_at": now(), "updated_at": now()}
        ids = [(new_id("sub"), new_id("file"), 3 + n % 3) for n in range(count)]
        submissions = [
            {"id": s, "file_id": f, "score": n, "paid_credits": REWARD, **scored, **owned} for s, f, n in ids
        ]
        facts = {"content_type": "image", "format": "png", "mime_type": "image/png", "size_bytes": len(content)}
        names = {"delivered_key": key, "filename": "photo.png", "sha256": "0" * 64}
        files = [
            {"id": f, "submission_id": s, "score": n, "approval": i + 1, **facts, **names, **scored, **owned}
            | {"original_key": original_key_of(job.organization_id, job.id, s, 1)}
            for i, (s, f, n) in enumerate(ids)
        ]
        async with use.db.write() as session:
            session.add(job)
            await session.flush()
            await session.execute(insert(Submission), submissions)
            await session.execute(insert(File), files)
            await session.execute(update(Job).where(Job.id == job.id).values(ended_at=now()))
        return job.id


def _breakdown(made: Made) -> dict[str, Any]:
    low = {dimension: stars for _, dimension, stars, _ in made.reasons}
    return {
        name: round(max(1.0, min(5.0, made.score + 0.4) - low.get(name, 0.0)), 2)
        for name in ("relevance", "quality", "completeness")
    } | {
        "reasons": [code for code, *_ in made.reasons],
        "feedback": made.reasons[0][3] if made.reasons else "Thank you, this is what was asked for.",
        "evidence": {
            "match": {"visual": 2.41, "read": 1.12, "looks_like": ["espresso", "cup", HOSTILE]},
            "image": {"sharpness": 812.4, "brightness": 0.47, "noise": 1.9},
            "encoder": "conse",
            "rubric": {"version": "test", "stars": made.score},
            "deductions": [
                {"code": c, "dimension": d, "stars": s, "value": 0.31, "limit": 0.5, "message": m}
                for c, d, s, m in made.reasons
            ],
        },
    }


MODELS = [
    {"role": "concepts", "name": "efficientnet-lite2", "version": "1", "weights_digest": "ab" * 32, "precision": "f32"},
    {"role": "text", "name": "ppocr", "version": "6", "weights_digest": "cd" * 32, "precision": "bf16"},
]
PHOTOS = ("coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg", "motorcycle_left.png", "retina.jpg")
BLURRED = (
    "image.blurry",
    "quality",
    2.0,
    "The picture is blurred. Hold the camera still, tap to focus, and try again.",
)
OFF_TOPIC = (
    "relevance.off_topic",
    "relevance",
    3.0,
    f"The file does not seem to show what the job asks for (it looks like: {HOSTILE}).",
)


def pictures() -> list[Made]:
    """Some of each status; the last one, which a list shows first, has hostile words in it."""
    made = []
    for index in range(24):
        content = media.image("jpeg", np.roll(media.photo(PHOTOS[index % len(PHOTOS)], (800, 600)), index * 9, axis=1))
        status, score = ("rejected", 2) if index % 7 == 3 else ("approved", 3 + index % 3)
        reasons = (BLURRED, OFF_TOPIC) if status == "rejected" else (BLURRED,) if score == 3 else ()
        notes = _seen(f"Cup {index}")
        made.append(Made(content, "jpeg", status, score, notes, reasons, width=800, height=600))
    failure = f"the engine did not answer {HOSTILE}"
    made.append(Made(made[0].content, "jpeg", "needs_review", failure=failure, filename=f"{HOSTILE}.jpg"))
    made.append(
        Made(made[1].content, "jpeg", "approved", 5, _seen(HOSTILE), width=800, height=600, filename=f"{HOSTILE}.jpg")
    )
    return made


def _seen(text: str) -> dict[str, Any]:
    return {
        "object_labels": [
            {"label": "cup" if "<" not in text else text, "confidence": 0.91, "box": [150, 120, 560, 500]},
            {"label": "espresso", "confidence": 0.84},
            {"label": "wooden spoon", "confidence": 0.35, "box": [540, 210, 790, 330]},
        ],
        "ocr_text": f"Espresso 2.40\n{text}",
        "ocr_words": [
            {"text": "Espresso", "confidence": 0.98, "box": [40, 40, 210, 80]},
            {"text": text, "confidence": 0.93, "box": [230, 40, 320, 80]},
        ],
        "scene_classification": "espresso",
        "color_palette": ["#6B4226", "#D9C2A7", "#1F1B18", "#A8896C"],
        "resolution": {"width": 800, "height": 600},
        "face_count": 0,
        "models": MODELS,
        "engine_version": "0.1.0",
    }


def recordings() -> list[Made]:
    """Speech-like sound with a transcript, of which one word is hostile."""
    rate = 16_000
    seconds = np.arange(0, 12, 1 / rate)
    loudness = np.abs(np.sin(seconds * 2.1)) * np.abs(np.sin(seconds * 0.4)) * 0.7
    samples = (np.sin(seconds * 2 * np.pi * 180) * loudness).astype(np.float32)
    words = [
        "The",
        "pencils",
        "have",
        "all",
        "been",
        "used,",
        HOSTILE,
        "and",
        "new",
        "ones",
        "are",
        "on",
        "their",
        "way.",
    ]
    heard = [
        {"word": w, "start_seconds": n * 0.8, "end_seconds": n * 0.8 + 0.7, "confidence": 0.9}
        for n, w in enumerate(words)
    ]
    notes = {
        "transcript": " ".join(words),
        "segments": [{"start_seconds": 0.0, "end_seconds": 11.2, "text": " ".join(words), "words": heard}],
        "language": "en",
        "language_confidence": 0.99,
        "keywords": ["pencils"],
        "duration_seconds": 12.0,
        "models": MODELS,
    }
    content = media.audio("wav", samples, rate)
    return [Made(content, "wav", "approved", 4 + n % 2, notes, duration_seconds=12.0) for n in range(3)] + [
        Made(content, "wav", "rejected", 2, notes, (BLURRED,), duration_seconds=12.0)
    ]


def films() -> list[Made]:
    """Three scenes of two seconds."""
    pixels = [media.photo(name, (320, 240)) for name in PHOTOS[:3]]
    frames = [np.roll(pixels[n // 20], n % 20 * 3, axis=1) for n in range(60)]
    content = media.video("mp4", frames, 10)
    label = [{"label": "cup", "confidence": 0.8}, {"label": HOSTILE, "confidence": 0.5}]
    notes = {
        "scenes": [
            {"start_seconds": 2.0 * n, "end_seconds": 2.0 * n + 2, "labels": [name, "cup"]}
            for n, name in enumerate(("espresso", HOSTILE, "astronaut"))
        ],
        "keyframes": [
            {"at_seconds": t, "object_labels": label, "ocr_text": HOSTILE if t == 2 else None}
            for t in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
        ],
        "object_labels": label,
        "transcript": None,
        "segments": [],
        "language": None,
        "resolution": {"width": 320, "height": 240},
        "fps": 10.0,
        "duration_seconds": 6.0,
        "models": MODELS,
    }
    facts = {"width": 320, "height": 240, "duration_seconds": 6.0}
    return [
        Made(content, "mp4", "approved", 5, notes, **facts),
        Made(content, "mp4", "rejected", 2, notes, (BLURRED,), **facts),
    ]
