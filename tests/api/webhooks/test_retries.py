"""The retry schedule, as a table."""

from datetime import UTC, datetime

import pytest

from api.webhooks.retries import JITTER, pause_seconds, retry_after_seconds
from configs.settings import WebhookSettings

SCHEDULE = WebhookSettings().retry_seconds
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "asked", "chance", "pause"),
    [
        (1, 0, 0, 60),
        (2, 0, 0, 300),
        (3, 0, 0, 1800),
        (4, 0, 0, 7200),
        (5, 0, 0, 28800),
        (6, 0, 0, 86400),
        (7, 0, 0, None),
        (7, 3600, 0, None),
        (1, 0, 1, 66),
        (6, 0, 0.5, 90720),
        (1, 59, 0, 60),
        (1, 120, 0, 120),
        (1, 120, 1, 132),
        (1, 999_999, 0, 86400),
    ],
)
def test_pauses(attempts, asked, chance, pause):
    found = pause_seconds(attempts, SCHEDULE, retry_after_seconds=asked, chance=chance)
    assert found == (None if pause is None else pytest.approx(pause))


def test_jitter_never_comes_before_what_was_asked():
    pauses = [pause_seconds(1, SCHEDULE, retry_after_seconds=100, chance=step / 100) for step in range(100)]
    assert min(pauses) == 100
    assert max(pauses) < 100 * (1 + JITTER)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        (" 120 ", 120),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("9" * 5000, 0),
        ("١٢", 0),
        ("Tue, 24 Nov 2026 12:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 13:02:00 +0100", 120),
        ("Tue, 24 Nov 2026 12:02:00 -0000", 120),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("Tue, 99 Nov 2026 11:00:00 GMT", 0),
        ("Tue, 24 Nov 99999999999 11:00:00 GMT", 0),
    ],
)
def test_retry_after(header, seconds):
    assert retry_after_seconds(header, NOON) == seconds
