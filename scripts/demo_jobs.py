"""Jobs of the demo, what is sent to them, and what must come of it: the expectation stands beside each file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.brief import JobBrief, Requirements
from pipeline.script import words
from scripts import demo_media as media

SCRIPT = "The quick brown fox jumps over the lazy dog while seven sailors watch the morning tide"
OTHER_WORDS = "Please remember to buy some bread and cheese before the shops close this evening"
ABOUT_THE_CAT = "This is my cat. She has orange fur and green eyes, and she likes to look at the camera."
GOOD, REFUSED = (3, 5), (1, 2)


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to hold for a scored file."""

    stars: tuple[int, int]
    """Fewest and most."""
    reasons: tuple[str, ...] = ()
    """Codes that must be given, in any order, among others perhaps."""
    read: tuple[str, ...] = ()
    """Words that the text recogniser must find."""
    heard: tuple[str, ...] = ()
    """Words that the speech recogniser must find."""

    def failures(self, result: Mapping[str, Any]) -> Iterator[str]:
        """A sentence for each thing that does not hold of `score`, `score_breakdown` and `annotations`."""
        fewest, most = self.stars
        if not fewest <= result["score"] <= most:
            yield f"{result['score']} stars, expected {fewest} to {most}"
        reasons = result["score_breakdown"]["reasons"]
        given = ", ".join(reasons) or "none"
        yield from (f"no reason {code}, given: {given}" for code in self.reasons if code not in reasons)
        about = result["annotations"] or {}
        yield from _missing("read", self.read, about.get("ocr_text"))
        yield from _missing("heard", self.heard, about.get("transcript"))


def _missing(how: str, wanted: Sequence[str], text: Any) -> Iterator[str]:
    found = words(text or "")
    yield from (f"“{word}” was not {how}" for word in wanted if word not in found)


@dataclass(frozen=True, slots=True)
class Submission:
    """One file of the demo."""

    name: str
    make: Callable[[], bytes]
    expected: Expected


@dataclass(frozen=True, slots=True)
class DemoJob:
    """A job and what is sent to it, in this order."""

    title: str
    brief: JobBrief
    submissions: tuple[Submission, ...]


def demo_jobs() -> tuple[DemoJob, ...]:
    """All jobs of the demo; media are made when they are asked for."""
    return (_coffee(), _cat(), _page(), _rocket(), _street(), _reading(), _cat_video())


def _coffee() -> DemoJob:
    brief = JobBrief(
        description="Take a sharp, well-lit photo of a cup of coffee on a table.",
        content_type="image",
        requirements=Requirements(min_width=400),
    )
    cup = media.photo("coffee.png")
    return DemoJob(
        "Cups of coffee",
        brief,
        (
            Submission("blurred.jpg", lambda: media.as_jpeg(media.blurred(cup)), Expected(REFUSED, ("image.blurry",))),
            Submission("dark.jpg", lambda: media.as_jpeg(media.darkened(cup)), Expected(REFUSED, ("image.dark",))),
            Submission("coffee.jpg", lambda: media.as_jpeg(cup), Expected(GOOD)),
            Submission(
                "coffee-again.jpg",
                lambda: media.as_jpeg(media.cropped(cup), quality=40),
                Expected((1, 1), ("integrity.duplicate",)),
            ),
            Submission(
                "rocket.jpg",
                lambda: media.photo_path("skimage", "rocket.jpg").read_bytes(),
                Expected((1, 1), ("relevance.off_topic",)),
            ),
            Submission(
                "thumbnail.jpg",
                lambda: media.as_jpeg(media.enlarged(cup, 0.3)),
                Expected(REFUSED, ("requirements.min_width",)),
            ),
            Submission("cut-off.jpg", lambda: media.as_jpeg(cup)[:20_000], Expected(REFUSED, ("integrity.corrupt",))),
            Submission(
                "text.jpg",
                lambda: b"This is a text file that somebody named .jpg.\n" * 20,
                Expected(REFUSED, ("integrity.unsupported_format",)),
            ),
            Submission("cup.gif", lambda: media.as_gif(cup), Expected(REFUSED, ("integrity.unsupported_format",))),
        ),
    )


def _cat() -> DemoJob:
    brief = JobBrief(description="A close-up photo of a cat.", content_type="image")
    return DemoJob(
        "Cats",
        brief,
        (
            Submission("chelsea.png", media.photo_path("skimage", "chelsea.png").read_bytes, Expected(GOOD)),
            Submission(
                "coffee.png",
                media.photo_path("skimage", "coffee.png").read_bytes,
                Expected((1, 1), ("relevance.off_topic",)),
            ),
        ),
    )


def _page() -> DemoJob:
    brief = JobBrief(
        description="Photograph a printed page of text about image segmentation, so that every line can be read.",
        content_type="image",
        requirements=Requirements(must_contain_text=("segmentation", "background")),
    )
    page = media.photo("page.png")
    return DemoJob(
        "Printed pages",
        brief,
        (
            Submission(
                "moon.png",
                media.photo_path("skimage", "moon.png").read_bytes,
                Expected(REFUSED, ("requirements.must_contain_text",)),
            ),
            Submission(
                "page-out-of-focus.jpg",
                lambda: media.as_jpeg(media.blurred(page, 6)),
                Expected(REFUSED, ("image.blurry",)),
            ),
            Submission(
                "page.png",
                media.photo_path("skimage", "page.png").read_bytes,
                Expected((1, 5), read=("segmentation", "markers", "background")),
            ),
        ),
    )


def _rocket() -> DemoJob:
    brief = JobBrief(
        description="A photo of a rocket or space shuttle on its launch pad. No people.",
        content_type="image",
        requirements=Requirements(forbid_faces=True),
    )
    return DemoJob(
        "Rockets without people",
        brief,
        (
            Submission("launch.jpg", media.photo_path("skimage", "rocket.jpg").read_bytes, Expected(GOOD)),
            Submission(
                "astronaut.png",
                media.photo_path("skimage", "astronaut.png").read_bytes,
                Expected(REFUSED, ("requirements.faces",)),
            ),
        ),
    )


def _street() -> DemoJob:
    brief = JobBrief(description="A photo of a city bus in the street.", content_type="image")
    bus = media.photo("bus.jpg", "ultralytics")
    return DemoJob("Buses", brief, (Submission("bus.jpg", lambda: media.as_jpeg(bus, quality=88), Expected(GOOD)),))


def _reading() -> DemoJob:
    brief = JobBrief(
        description=f"Record yourself reading aloud in a quiet room: “{SCRIPT}”",
        content_type="audio",
        requirements=Requirements(language="en", min_duration_seconds=2),
    )
    return DemoJob(
        "Reading aloud",
        brief,
        (
            Submission(
                "reading.wav",
                lambda: media.as_wav(media.speech(SCRIPT)),
                Expected(GOOD, heard=("quick", "fox", "lazy", "sailors")),
            ),
            Submission("silent.wav", lambda: media.as_wav(media.silence(5)), Expected((1, 1), ("audio.silent",))),
            Submission(
                "other-words.wav",
                lambda: media.as_wav(media.speech(OTHER_WORDS)),
                Expected((1, 1), ("relevance.wrong_words",)),
            ),
            Submission(
                "noisy.wav",
                lambda: media.as_wav(media.with_noise(media.speech(SCRIPT, 165), 0)),
                Expected(REFUSED, ("audio.noisy",)),
            ),
            Submission(
                "half.wav",
                lambda: media.as_wav(media.speech(" ".join(SCRIPT.split()[:6]), 140)),
                Expected((1, 3), ("audio.incomplete",)),
            ),
        ),
    )


def _cat_video() -> DemoJob:
    brief = JobBrief(
        description="Film a cat for at least four seconds and say something about it.",
        content_type="video",
        requirements=Requirements(min_duration_seconds=4),
    )
    cat, cup = media.photo("chelsea.png"), media.photo("coffee.png")
    return DemoJob(
        "Films of cats",
        brief,
        (
            Submission(
                "still.mp4",
                lambda: media.as_mp4([*media.still(cat, 5)], media.tones(5)),
                Expected(REFUSED, ("video.static",)),
            ),
            Submission(
                "lens-cap.mp4",
                lambda: media.as_mp4([*media.still(media.darkened(cat, 0), 5)], media.silence(5)),
                Expected(REFUSED, ("video.black",)),
            ),
            Submission("cat-and-coffee.mp4", lambda: _film(cat, cup), Expected(GOOD, heard=("cat", "fur", "camera"))),
        ),
    )


def _film(cat: Any, cup: Any) -> bytes:
    """Three shots with two cuts, and a voice."""
    shots = [*media.pan(cat, 3), *media.pan(cup, 2), *media.pan(cat.transpose(0), 3, zoom=0.25)]
    return media.as_mp4(shots, media.speech(ABOUT_THE_CAT))
