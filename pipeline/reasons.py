"""Every reason for which stars are taken away: a stable code and the sentence that the worker reads."""

from dataclasses import dataclass
from typing import Literal

Dimension = Literal["relevance", "quality", "completeness"]

SENTENCES: dict[str, str] = {
    "integrity.corrupt": "The file could not be opened ({detail}). Please export or capture it again.",
    "integrity.unsupported_format": "{detail}. Please send {wanted}.",
    "integrity.too_large": "The file is larger than can be accepted ({detail}).",
    "integrity.timeout": "The file took too long to open ({detail}). Please send a shorter or simpler one.",
    "integrity.checksum": "The file that arrived is not the one that was announced. Please upload it again.",
    "integrity.duplicate": "This is a copy of a file that was already submitted to this job. Please capture a new one.",
    "policy.unsafe": "The file shows content that is not allowed ({detail}).",
    "relevance.off_topic": "The file does not seem to show what the job asks for (it looks like: {detail}).",
    "relevance.weak_match": "It is not clear that the file shows what the job asks for; make it the main subject.",
    "relevance.not_judged": "It could not be told whether the file is what the job asks for.",
    "relevance.no_text": "Hardly anything can be read in the picture. Go closer, so that the writing fills it.",
    "relevance.wrong_words": "The words heard differ from the text to be read ({value:.0%} of them match).",
    "image.blurry": "The picture is blurred. Hold the camera still, tap to focus, and try again.",
    "image.dark": "The picture is too dark. Use more light or a longer exposure.",
    "image.overexposed": "The picture is too bright. Avoid direct light, or lower the exposure.",
    "image.noisy": "The picture is grainy. Use more light so that the camera needs less gain.",
    "image.low_contrast": "The picture has very little contrast. Clean the lens and avoid haze or backlight.",
    "image.small": "The picture has too few pixels ({value:.0f} on its long side). Send the original, not a thumbnail.",
    "audio.silent": "Nothing can be heard in the recording. Check the microphone and record again.",
    "audio.noisy": "The recording is too noisy. Record in a quiet room, closer to the microphone.",
    "audio.unclear": "The voice is hard to understand. Speak clearly and closer to the microphone.",
    "audio.quiet": "The recording is too quiet ({value:.0f} LUFS). Move closer to the microphone.",
    "audio.clipped": "The recording is distorted because it is too loud. Lower the input level.",
    "audio.incomplete": "Only {value:.0%} of the text was read. Please read all of it.",
    "video.static": "Nothing moves in the video. Please record a real scene.",
    "video.black": "The video is black for most of its length. Check the lens cover and the light.",
    "video.shaky": "The video is shaky. Hold the camera with both hands or rest it on something.",
    "requirements.format": "The job accepts {wanted}, but the file is {detail}.",
    "requirements.min_width": "The picture is {value:.0f} pixels wide; the job asks for at least {limit:.0f}.",
    "requirements.min_height": "The picture is {value:.0f} pixels high; the job asks for at least {limit:.0f}.",
    "requirements.min_duration": "The recording lasts {value:.1f} s; the job asks for at least {limit:.1f} s.",
    "requirements.max_duration": "The recording lasts {value:.1f} s; the job asks for at most {limit:.1f} s.",
    "requirements.language": "The language heard is {detail}; the job asks for {wanted}.",
    "requirements.must_contain_text": "The text “{wanted}” was not found.",
    "requirements.must_show": "“{wanted}” was not seen.",
    "requirements.faces": "The job forbids faces, and {value:.0f} can be seen.",
    "requirements.location": "The file was captured {value:.0f} km from the place that the job names.",
}


@dataclass(frozen=True, slots=True)
class Deduction:
    """One reason, with its numbers."""

    code: str
    """A key of `SENTENCES`."""
    dimension: Dimension
    stars: float
    """Stars that it takes from its dimension."""
    value: float | None = None
    """What was measured."""
    limit: float | None = None
    """What it was measured against, in the unit of `value`; `None` where only their grade has a limit."""
    detail: str = ""
    wanted: str = ""

    @property
    def sentence(self) -> str:
        return SENTENCES[self.code].format(
            value=self.value, limit=self.limit, detail=self.detail.rstrip("."), wanted=self.wanted
        )
