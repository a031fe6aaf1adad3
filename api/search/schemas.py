"""Search results on the wire."""

from typing import Literal

from api.files.schemas import FileResource
from api.wire import Wire
from pipeline.result import Seen


class SearchResult(Wire):
    """A delivered file, and how near it is to the query."""

    object: Literal["search_result"] = "search_result"
    score: float
    """Cosine of the query and the nearest embedding of the file, -1 to 1. It compares within one answer only."""
    matched: Seen
    """Of what that embedding is: the picture (or the frames), the text in it, or the speech."""
    contains_words: bool
    """Whether every word of the query stands in the file's text or speech; such files come first."""
    file: FileResource
