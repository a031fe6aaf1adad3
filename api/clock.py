"""Time as the wire and the database know it: aware, in UTC."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The present, to the microsecond."""
    return datetime.now(UTC)


def after(seconds: float) -> datetime:
    """So many seconds from now."""
    return now() + timedelta(seconds=seconds)


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z` and milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
