"""Results as tables for the terminal."""

from collections.abc import Iterable
from pathlib import Path

from rich.table import Table
from rich.text import Text

from pipeline.result import ScoreResult

STARS = {1: "red", 2: "red", 3: "yellow", 4: "green", 5: "green"}


def score_table(scored: Iterable[tuple[Path, ScoreResult]]) -> Table:
    """One row a file: stars, dimensions, reasons and the sentence for the worker."""
    table = Table("file", "stars", "relevance", "quality", "completeness", "reasons", "feedback")
    for path, result in scored:
        score = result.score
        dimensions = (f"{value:.1f}" for value in (score.relevance, score.quality, score.completeness))
        table.add_row(Text(path.name), stars(score.stars), *dimensions, "\n".join(score.reasons), Text(score.feedback))
    return table


def stars(count: int) -> Text:
    """Filled and empty stars, coloured by whether they approve."""
    return Text("★" * count + "☆" * (5 - count), style=STARS[count])
