"""Scored files as one HTML page that needs nothing beside itself: no network, no script, no other file.

Names, words read and words heard are strangers' text. Jinja escapes all of it, and the page's own content
security policy forbids scripts and connections, so that a hole in the escaping would still lead nowhere.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from configs.settings import DecodeSettings
from pipeline.decision import Status, decide
from pipeline.decode_process import Decoder
from pipeline.result import ScoreResult
from scripts.report_media import PREVIEW_LIMITS, Preview, preview

MIN_STAR_RATING = 3
"""The default of a job (API.md)."""
MIN_BOX_CONFIDENCE = 0.4
"""Boxes below are more often wrong than right (nudenet on photos without people), and would hide the picture."""
VERDICTS: dict[Status, str] = {
    "approved": "approved",
    "retry_pending": "may try again",
    "rejected": "rejected",
    "needs_review": "needs review",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One scored file of a report."""

    name: str
    title: str
    """Of the job; may be empty."""
    description: str
    """Of the job."""
    result: Mapping[str, Any]
    """`score`, `score_breakdown` and `annotations`, as the API shows a file."""
    path: Path
    seconds: float | None = None
    """How long scoring took, if it was measured."""

    @property
    def status(self) -> Status:
        return decide(self.result["score"], MIN_STAR_RATING, attempt=1).status

    @property
    def evidence(self) -> Mapping[str, Any]:
        """What the models saw."""
        evidence: Mapping[str, Any] = self.result["score_breakdown"]["evidence"]
        return evidence

    @property
    def may_be_shown(self) -> bool:
        """Files without annotations did not open or broke a policy."""
        return self.result["annotations"] is not None


@dataclass(frozen=True, slots=True)
class Card:
    """An entry with everything that the template draws."""

    number: int
    """From 1, in the order of the entries."""
    entry: Entry
    preview: Preview
    facts: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]

    @property
    def verdict(self) -> str:
        return VERDICTS[self.entry.status]


def entry(path: Path, description: str, result: ScoreResult, title: str = "", seconds: float | None = None) -> Entry:
    """An entry that is named like its file."""
    return Entry(path.name, title, description, result.to_json(), path, seconds)


def write_report(entries: Iterable[Entry], path: Path) -> None:
    """Write the report of some scored files; their media are read once more for the pictures."""
    page = render_report(list(entries))
    # A file name may hold bytes that are not UTF-8, which Python reads as lone surrogates.
    path.write_text(page, encoding="utf-8", errors="replace")


def render_report(entries: Sequence[Entry], limits: DecodeSettings = PREVIEW_LIMITS) -> str:
    """The page as one string; files of the same job stand together when they are neighbours."""
    with Decoder(limits) as decoder:
        cards = [_card(number, each, decoder) for number, each in enumerate(entries, start=1)]
    jobs = [list(members) for _, members in groupby(cards, lambda card: (card.entry.title, card.entry.description))]
    counts = {status: sum(card.entry.status == status for card in cards) for status in VERDICTS}
    written_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    template = _environment().get_template("report.html.jinja")
    return template.render(cards=cards, jobs=jobs, counts=counts, written_at=written_at)


def _card(number: int, each: Entry, decoder: Decoder) -> Card:
    shown = preview(each.path, decoder) if each.may_be_shown else Preview()
    return Card(number, each, shown, _facts(each.evidence["facts"]), _measures(each.evidence))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": clock, "indented": indented}
    environment.globals |= {"min_box_confidence": MIN_BOX_CONFIDENCE, "verdicts": VERDICTS}
    return environment


def clock(seconds: float) -> str:
    """Seconds as m:ss.s."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def indented(value: Any) -> str:
    """JSON for people: each list of plain numbers or strings stays on its line."""
    if isinstance(value, dict) and value:
        inner = ",\n".join(f"{json.dumps(key)}: {indented(item)}" for key, item in value.items())
        return "{\n" + _shift(inner) + "\n}"
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return "[\n" + _shift(",\n".join(indented(item) for item in value)) + "\n]"
    return json.dumps(value, ensure_ascii=False)


def _shift(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))


def _facts(facts: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What the file is, in the words of its format."""
    if facts is None:
        return ()
    known = (
        (facts["format"], facts["format"].upper()),
        (facts["size_bytes"], _size(facts["size_bytes"])),
        (facts["width"], f"{facts['width']} × {facts['height']}"),
        (facts["duration_seconds"], f"{facts['duration_seconds'] or 0:.1f} s"),
        (facts["fps"], f"{facts['fps'] or 0:.4g} fps"),
        (facts["sample_rate_hz"], f"{(facts['sample_rate_hz'] or 0) / 1000:g} kHz"),
        (facts["codecs"], ", ".join(facts["codecs"])),
    )
    return tuple(text for value, text in known if value)


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e6 else f"{size_bytes / 1e3:.1f} kB"


def _measures(evidence: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The numbers that explain the stars, most telling first; those that were not taken are left out."""
    match, image, audio, video = (evidence[name] or {} for name in ("match", "image", "audio", "video"))
    script = match.get("script") or {}
    taken = (
        ("seen, against the job", match.get("visual"), "{:+.1f} σ"),
        ("read, against the job", match.get("read"), "{:+.1f} σ"),
        ("heard, against the job", match.get("heard"), "{:+.1f} σ"),
        ("heard words in the script", script.get("precision"), "{:.0%}"),
        ("script that was read", script.get("recall"), "{:.0%}"),
        ("blur", image.get("blur_pixels"), "{:.1f} px"),
        ("noise", image.get("noise_level"), "{:.1f} / 255"),
        ("brightest tone", image.get("white_level"), "{:.0f} / 255"),
        ("steadiness", video.get("stability"), "{:.0%}"),
        ("black frames", video.get("black_share"), "{:.0%}"),
        ("loudness", audio.get("loudness_lufs"), "{:.0f} LUFS"),
        ("signal over noise", audio.get("snr_db"), "{:.0f} dB"),
        ("voice (DNSMOS)", audio.get("signal"), "{:.1f} / 5"),
        ("background (DNSMOS)", audio.get("background"), "{:.1f} / 5"),
        ("clipped", audio.get("clipping_ratio"), "{:.1%}"),
    )
    return tuple((name, form.format(value)) for name, value, form in taken if value is not None)
