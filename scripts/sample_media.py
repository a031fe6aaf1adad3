"""Media to measure models with: an operator's own, or some that is made here."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from configs.settings import DecodeSettings
from pipeline.decode import decode
from pipeline.media import Decoded, MediaError
from scripts.demo_media import SpeechMissingError, as_jpeg, as_wav, enlarged, photo, silence, speech, tones, with_noise
from scripts.user_errors import UserError

MENU = (
    ("Breakfast", "Porridge with honey 4.20", "Two eggs on toast 5.50", "Fresh orange juice 3.00"),
    ("Lunch", "Soup of the day 6.80", "Grilled cheese sandwich 7.40", "Green salad with walnuts 8.10"),
    ("Opening hours", "Monday to Friday 8 to 18", "Saturday 9 to 14", "Closed on Sunday"),
)
SPOKEN = (
    "The quick brown fox jumps over the lazy dog.",
    "Please take a clear photo of the front of the building, and make sure that the sign can be read.",
    "I parked the car behind the old library, walked through the garden, and waited near the fountain until seven.",
)
PHOTOS = (("skimage", "astronaut.png"), ("skimage", "coffee.png"), ("skimage", "chelsea.png"))
"""Of packages that may be installed; a person for the detector."""


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file to measure with."""

    source: Path | bytes
    """Its content, if it was made here."""
    decoded: Decoded


def sample_media(folder: Path | None, limits: DecodeSettings) -> list[Decoded]:
    """`sample_files`, decoded.

    Raises:
        UserError: the folder has no file that can be decoded.
    """
    return [file.decoded for file in sample_files(folder, limits)]


def sample_files(folder: Path | None, limits: DecodeSettings) -> list[SampleFile]:
    """The files of a folder that can be decoded, or those that are made here.

    Raises:
        UserError: there is none.
    """
    if folder is None:
        return [SampleFile(content, decode(content, limits)) for content in generated()]
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    decodable = list(_decodable(files, limits))
    if not decodable:
        raise UserError(f"{folder}: no file in it can be decoded")
    if len(decodable) < len(files):
        print(f"{folder}: {len(files) - len(decodable)} of {len(files)} files cannot be decoded", file=sys.stderr)
    return decodable


def generated() -> Iterator[bytes]:
    """Pages of text, photos of installed packages, and speech where espeak-ng is installed, else tones."""
    for index, lines in enumerate(MENU):
        yield as_jpeg(page(lines, 30 + 12 * index))
    for package, name in PHOTOS:
        try:
            yield as_jpeg(enlarged(photo(name, package), 2))
        except FileNotFoundError:
            continue
    try:
        for sentence in SPOKEN:
            yield as_wav(speech(sentence))
        yield as_wav(with_noise(speech(SPOKEN[1]), -15))
    except SpeechMissingError:
        yield as_wav(tones(4.0))
    yield as_wav(silence(3.0))


def page(lines: Sequence[str], size: int) -> Image.Image:
    """Lines of dark text on a light page of 4:3."""
    picture = Image.new("RGB", (1600, 1200), (244, 240, 230))
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size)
    for number, line in enumerate(lines):
        draw.text((120, 120 + number * size * 3), line, fill=(30, 30, 40), font=font)
    return picture


def _decodable(files: Sequence[Path], limits: DecodeSettings) -> Iterator[SampleFile]:
    for path in files:
        try:
            yield SampleFile(path, decode(path, limits))
        except (MediaError, OSError):
            continue
