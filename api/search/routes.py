"""Routes of search."""

from fastapi import APIRouter

router = APIRouter(tags=["search"])
