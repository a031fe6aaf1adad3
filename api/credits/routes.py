"""Routes of credits."""

from fastapi import APIRouter

router = APIRouter(tags=["credits"])
