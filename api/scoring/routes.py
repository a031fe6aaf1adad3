"""Routes of scoring."""

from fastapi import APIRouter

router = APIRouter(tags=["scoring"])
