"""Pictures of what the benchmarks found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def bars(rows: Sequence[dict[str, Any]], label: str, value: str, path: Path) -> None:
    """One horizontal bar for each row, the first one on top, as SVG.

    Args:
        rows: of a report.
        label: key of the names.
        value: key of the lengths.
        path: of the file.
    """
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 0.6 + 0.45 * len(rows)), layout="constrained")
    drawn = axes.barh([row[label] for row in rows], [row[value] for row in rows])
    axes.bar_label(drawn, fmt="%.2f", padding=3)
    axes.set_xlabel(value.replace("_", " "))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
    pyplot.close(figure)
