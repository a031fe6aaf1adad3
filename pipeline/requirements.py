"""A job's requirements, one after the other, against what was found."""

from collections.abc import Iterator

from pipeline.brief import JobBrief
from pipeline.evidence import Evidence
from pipeline.media import MIME_TYPES, MediaFacts
from pipeline.reasons import Deduction

PADDING_SECONDS = 0.1
"""Encoders add or cut up to some frames (MP3 1,152 samples, AAC 1,024 and more), which nobody who records can see."""
TOLD_CONFIDENCE = 0.5
"""Of the language that was heard. Of 36 clear English readings the least sure had 0.77; espeak's Danish and Portuguese
were taken for English and Persian with 0.39 and 0.38."""
BROKEN_REQUIREMENT_STARS = 4.0
"""A broken requirement leaves nothing of completeness: requirements are conditions, not wishes."""


def accepted_formats(brief: JobBrief) -> tuple[str, ...]:
    """Formats that the job takes, in the order in which it names them."""
    if brief.file_formats:
        return brief.file_formats
    return tuple(name for name, (kind, _) in MIME_TYPES.items() if brief.content_type in (None, kind))


def check_format(facts: MediaFacts, brief: JobBrief) -> Iterator[Deduction]:
    """Whether the file's content is of a format that the job takes; a WebM without pictures is no video."""
    accepted, wanted = accepted_formats(brief), brief.content_type
    is_of_kind = wanted is None or facts.content_type == wanted
    if facts.format not in accepted or not is_of_kind:
        detail = facts.format if is_of_kind else f"{facts.format} with {facts.content_type} only"
        yield _broken("requirements.format", detail=detail, wanted=", ".join(accepted))


def check_size(facts: MediaFacts, brief: JobBrief) -> Iterator[Deduction]:
    """Pixels and seconds: known from decoding alone."""
    wanted = brief.requirements
    if facts.width is not None and wanted.min_width is not None and facts.width < wanted.min_width:
        yield _broken("requirements.min_width", value=facts.width, limit=wanted.min_width)
    if facts.height is not None and wanted.min_height is not None and facts.height < wanted.min_height:
        yield _broken("requirements.min_height", value=facts.height, limit=wanted.min_height)
    seconds = facts.duration_seconds
    shortest, longest = wanted.min_duration_seconds, wanted.max_duration_seconds
    if seconds is not None and shortest is not None and seconds < shortest - PADDING_SECONDS:
        yield _broken("requirements.min_duration", value=seconds, limit=shortest)
    if seconds is not None and longest is not None and seconds > longest + PADDING_SECONDS:
        yield _broken("requirements.max_duration", value=seconds, limit=longest)


def check_words(evidence: Evidence, brief: JobBrief) -> Iterator[Deduction]:
    """What was read and heard: of files that no gate stopped before."""
    found, wanted = evidence.requirements, brief.requirements
    has_sound = evidence.facts is not None and evidence.facts.content_type != "image"
    is_told = found.language is None or found.language_confidence >= TOLD_CONFIDENCE
    if has_sound and wanted.language is not None and is_told and found.language != wanted.language:
        heard = found.language or "no speech"
        yield _broken("requirements.language", detail=heard, wanted=wanted.language)
    for text in found.missing_text:
        yield _broken("requirements.must_contain_text", wanted=text)


def check_content(evidence: Evidence, brief: JobBrief) -> Iterator[Deduction]:
    """What the cheap models saw, and where it was."""
    found, wanted = evidence.requirements, brief.requirements
    for subject, standard in found.unseen.items():
        yield _broken("requirements.must_show", value=standard, wanted=subject)
    if wanted.forbid_faces and found.faces:
        yield _broken("requirements.faces", value=found.faces, limit=0)
    place = brief.location
    if place is not None and found.distance_km is not None and found.distance_km > place.radius_km:
        yield _broken("requirements.location", value=found.distance_km, limit=place.radius_km)


def _broken(
    code: str, value: float | None = None, limit: float | None = None, detail: str = "", wanted: str = ""
) -> Deduction:
    return Deduction(code, "completeness", BROKEN_REQUIREMENT_STARS, value, limit, detail, wanted)
