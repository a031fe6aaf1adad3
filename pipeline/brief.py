"""What a job asks for, as far as scoring needs to know."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, StrictBool

from pipeline.languages import language_code
from pipeline.media import ContentType

MAX_PIXELS = 1_000_000
MAX_SECONDS = 7 * 86_400
MAX_PHRASES = 50


def _whole(given: object) -> object:
    return int(given) if isinstance(given, float) and given.is_integer() else given


INTEGRAL = BeforeValidator(_whole)
"""Behind a strict `int`, for an integer as JSON Schema understands it: `3` and `3.0`, not `"3"` or `true`."""
Seconds = Annotated[float, Strict(), Field(gt=0, le=MAX_SECONDS)]
Pixels = Annotated[int, Field(strict=True, ge=1, le=MAX_PIXELS), INTEGRAL]
Phrase = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
"""No database stores a NUL."""
Phrases = Annotated[tuple[Phrase, ...], Field(max_length=MAX_PHRASES)]


class Place(BaseModel):
    """Where files must have been captured."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    lat: Annotated[float, Strict(), Field(ge=-90, le=90)]
    """Degrees north."""
    lng: Annotated[float, Strict(), Field(ge=-180, le=180)]
    """Degrees east."""
    radius_km: Annotated[float, Strict(), Field(gt=0, le=21_000)]


class Requirements(BaseModel):
    """Hard conditions of a job; a file that breaks one is not approved."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    min_width: Pixels | None = None
    """Pixels, of the upright picture."""
    min_height: Pixels | None = None
    min_duration_seconds: Seconds | None = None
    max_duration_seconds: Seconds | None = None
    language: (
        Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"), AfterValidator(language_code)] | None
    ) = None
    """ISO 639-1 code of the language that must be spoken; three letters, and tags with a region, are translated to it.
    Pictures have none."""
    must_contain_text: Phrases = ()
    """Each must be read in the picture or heard in the recording."""
    must_show: Phrases = ()
    """Each must be seen, in the words of the client."""
    forbid_faces: StrictBool = False


class JobBrief(BaseModel):
    """The part of a job that its files are scored against."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str = Field(min_length=1, max_length=5000)
    content_type: ContentType | None = None
    """`None` accepts any."""
    file_formats: tuple[str, ...] = ()
    """Formats that are accepted, keys of `pipeline.media.MIME_TYPES`; empty accepts all of the content type."""
    location: Place | None = None
    requirements: Requirements = Requirements()
