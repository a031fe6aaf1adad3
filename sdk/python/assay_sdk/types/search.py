"""Search results."""

from assay_sdk.types.base import Resource
from assay_sdk.types.files import File


class SearchResult(Resource):
    """A delivered file, and how near it is to the query."""

    object: str = "search_result"
    score: float
    """Cosine of the query and the nearest embedding of the file, -1 to 1. It compares within one answer only."""
    matched: str
    """What that embedding is of: the picture (or the frames), the text in it, or the speech."""
    contains_words: bool = False
    """Whether every word of the query stands in the file's text or speech; such files come first."""
    file: File
