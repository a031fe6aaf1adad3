"""Delivered files without a worker or an engine: rows and objects as an approval leaves them behind."""

import hashlib
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from api.ids import new_id
from api.search.embeddings import encoder_name, to_bytes
from api.services import Services
from api.tables import Embedding, File, Submission
from pipeline.media import MIME_TYPES
from tests.api.conftest import Client


async def post_job(http: httpx.AsyncClient, headers: dict[str, str], **fields: Any) -> str:
    """Id of a new job."""
    body = {
        "title": "Menus",
        "description": "Photos of menus with readable prices",
        "file_formats": ["jpeg", "png"],
        "quantity": 100,
        "reward_per_file": 50,
    }
    answer = await http.post("/v1/jobs", json=body | fields, headers=headers)
    assert answer.status_code == 201, answer.text
    job_id: str = answer.json()["id"]
    return job_id


async def add_file(
    services: Services,
    organization: Client,
    job_id: str,
    content: bytes,
    *,
    format: str = "png",
    status: str = "approved",
    livemode: bool = True,
    embeddings: dict[str, NDArray[np.float32]] | None = None,
    **facts: Any,
) -> File:
    """A file that came to this end, in the database and in the object store."""
    submission_id, file_id = new_id("sub"), new_id("file")
    key = f"files/{organization.id}/{job_id}/{file_id}.{format}"
    content_type, mime_type = MIME_TYPES[format]
    await services.store.put_bytes(key, content, mime_type)
    owned = {"organization_id": organization.id, "job_id": job_id, "livemode": livemode}
    file = File(
        id=file_id,
        submission_id=submission_id,
        status=status,
        content_type=content_type,
        format=format,
        mime_type=mime_type,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        original_key=key,
        delivered_key=key,
        **owned,
        **{"score": 5, "score_breakdown": {}, "filename": f"menus-{file_id[-4:]}.{format}"} | facts,
    )
    encoder = encoder_name((await services.engine.identities())["concepts"])
    async with services.db.write() as session:
        session.add(Submission(id=submission_id, status="approved", **owned))
        await session.flush()
        session.add(file)
        await session.flush()
        for kind, vector in (embeddings or {}).items():
            session.add(Embedding(file_id=file_id, kind=kind, encoder=encoder, vector=to_bytes(vector), **owned))
    return file
