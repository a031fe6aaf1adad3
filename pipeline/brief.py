"""What a job asks for, as far as scoring needs to know."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pipeline.media import ContentType


class Place(BaseModel):
    """Where files must have been captured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lat: Annotated[float, Field(ge=-90, le=90)]
    """Degrees north."""
    lng: Annotated[float, Field(ge=-180, le=180)]
    """Degrees east."""
    radius_km: Annotated[float, Field(gt=0)]


class Requirements(BaseModel):
    """Hard conditions of a job; a file that breaks one is not approved."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_width: int | None = Field(default=None, ge=1)
    """Pixels, of the upright picture."""
    min_height: int | None = Field(default=None, ge=1)
    min_duration_seconds: float | None = Field(default=None, gt=0)
    max_duration_seconds: float | None = Field(default=None, gt=0)
    language: str | None = None
    """ISO 639-1 code of the language that must be spoken."""
    must_contain_text: tuple[str, ...] = ()
    """Each must be read in the picture or heard in the recording."""
    must_show: tuple[str, ...] = ()
    """Each must be seen, in the words of the client."""
    forbid_faces: bool = False


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
