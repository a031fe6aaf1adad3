import pytest

from models.voice_activity import SAMPLE_RATE_HZ, Span, merged


def _spans(*edges: tuple[float, float]) -> list[Span]:
    return [Span(round(start * SAMPLE_RATE_HZ), round(end * SAMPLE_RATE_HZ)) for start, end in edges]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(0, 3)], [(0, 3)]),
        ([(0, 3), (4, 6)], [(0, 6)]),
        ([(0, 3), (5, 6)], [(0, 6)]),
        ([(0, 3), (5.1, 6)], [(0, 3), (5.1, 6)]),
        ([(0, 3), (4, 10)], [(0, 10)]),
        ([(0, 3), (4, 10.1)], [(0, 3), (4, 10.1)]),
        ([(0, 3), (4, 6), (7, 9), (9.5, 12)], [(0, 9), (9.5, 12)]),
        ([(0, 15), (15.5, 16)], [(0, 15), (15.5, 16)]),
    ],
    ids=["none", "one", "near", "at the gap", "beyond the gap", "at the length", "too long", "filled up", "long alone"],
)
def test_merged(spans: list[tuple[float, float]], expected: list[tuple[float, float]]) -> None:
    assert merged(_spans(*spans), max_gap_seconds=2, max_seconds=10) == _spans(*expected)


@pytest.mark.parametrize("edges", [(5, 5), (5, 4), (-1, 4)])
def test_a_span_ends_after_it_starts(edges: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="start < end"):
        Span(*edges)
