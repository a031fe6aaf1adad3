"""Media for tests and the demo, generated from scikit-image's photographs and from sound made of sine waves.

Every function returns the bytes of a whole file, or the array that another one encodes. The same arguments give the
same pixels and samples.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pillow_heif
import skimage
import soundfile
from numpy.typing import NDArray
from PIL import ExifTags, Image

PHOTOS = Path(skimage.__file__).parent / "data"
IMAGE_FORMATS = ("jpeg", "png", "webp", "heic")
AUDIO_FORMATS = ("mp3", "wav", "m4a", "flac", "ogg")
VIDEO_FORMATS = ("mp4", "mov", "webm")

_PILLOW_FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}
_VIDEO_CODECS = {"mp4": ("libx264", "aac"), "mov": ("libx264", "aac"), "webm": ("libvpx", "libopus")}

DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841))
"""Red, green and blue of Display P3 in XYZ, adapted to D50 as ICC profiles want them."""

pillow_heif.register_heif_opener()


def photo(name: str = "coffee.png", size: tuple[int, int] = (640, 480)) -> NDArray[np.uint8]:
    """One of scikit-image's photographs (`coffee.png`, `chelsea.png`, `astronaut.png`, `rocket.jpg`, …).

    Returns:
        uint8 RGB of shape (height, width, 3), scaled to `size` (width, height).
    """
    return np.asarray(Image.open(PHOTOS / name).convert("RGB").resize(size, Image.Resampling.LANCZOS))


def image(
    file_format: str,
    pixels: NDArray[np.uint8],
    orientation: int = 1,
    position: tuple[float, float] | None = None,
    icc_profile: bytes | None = None,
) -> bytes:
    """A picture of one of `IMAGE_FORMATS`.

    Args:
        pixels: uint8, (height, width, 3) for RGB, (height, width, 4) for RGBA, (height, width) for grey.
        orientation: value of the EXIF tag (and of what HEIC has for it); the pixels are stored as they are given.
        position: latitude and longitude in degrees, written to EXIF.
    """
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    if position is not None:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(_gps(*position))
    options = {"icc_profile": icc_profile} if icc_profile else {}
    file = BytesIO()
    Image.fromarray(pixels).save(file, _PILLOW_FORMATS[file_format], quality=90, exif=exif.tobytes(), **options)
    return file.getvalue()


def tone(
    seconds: float, hertz: float = 440.0, peak: float = 0.5, rate_hz: int = 48_000, channels: int = 2
) -> NDArray[np.float32]:
    """A sine wave, float32 of shape (samples, channels), the same in all channels."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    wave = (peak * np.sin(2 * np.pi * hertz * times)).astype(np.float32)
    return np.repeat(wave[:, np.newaxis], channels, axis=1)


def audio(file_format: str, samples: NDArray[np.float32], rate_hz: int = 48_000, subtype: str | None = None) -> bytes:
    """A recording of one of `AUDIO_FORMATS`; `ogg` is Vorbis, `opus` an Ogg file with Opus.

    Args:
        samples: float32 of shape (samples, channels), full scale ±1.
        subtype: how a WAV stores samples, as soundfile names it (`PCM_24`, `FLOAT`, …); 16 bits by default.
    """
    file = BytesIO()
    if file_format == "m4a":
        with av.open(file, "w", format="ipod") as container:
            _encode_sound(container, _sound_stream(container, "aac", samples, rate_hz), samples)
    else:
        ogg = {"opus": "OPUS", "ogg": "VORBIS"}
        container_format = "OGG" if file_format in ogg else file_format.upper()
        soundfile.write(file, samples, rate_hz, format=container_format, subtype=ogg.get(file_format, subtype))
    return file.getvalue()


def mp3(samples: NDArray[np.float32], bits_per_second: int) -> bytes:
    """Frames of MP3 at a constant rate, without a tag or a head that tells the duration.

    Args:
        samples: 48 kHz, float32 of shape (samples, channels).
    """
    file = BytesIO()
    with av.open(file, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as container:
        stream = _sound_stream(container, "libmp3lame", samples, 48_000)
        stream.bit_rate = bits_per_second
        _encode_sound(container, stream, samples)
    return file.getvalue()


def footage(
    names: Sequence[str] = ("coffee.png", "chelsea.png", "astronaut.png"),
    scene_seconds: float = 1.0,
    fps: int = 24,
    size: tuple[int, int] = (320, 240),
    pan_per_second: float = 0.1,
) -> list[NDArray[np.uint8]]:
    """Frames for `video`: each photograph for `scene_seconds`, with hard cuts.

    Args:
        names: photographs of `photo`, in order.
        pan_per_second: how far the camera moves to the right, in fractions of the width.
    """
    width, height = size
    frames = []
    for name in names:
        wide = photo(name, (2 * width, height))
        for index in range(round(scene_seconds * fps)):
            left = round(index / fps * pan_per_second * width) % width
            frames.append(wide[:, left : left + width])
    return frames


def video(
    file_format: str,
    frames: Sequence[NDArray[np.uint8]],
    fps: int = 24,
    sound: NDArray[np.float32] | None = None,
    keyframe_every: int = 24,
    metadata: dict[str, str] | None = None,
    pixel_format: str = "yuv420p",
) -> bytes:
    """A video of one of `VIDEO_FORMATS`: H.264 and AAC, or VP8 and Opus.

    Args:
        frames: uint8 RGB of shape (height, width, 3), even sides; none makes a file with sound alone.
        sound: 48 kHz, float32 of shape (samples, channels); `None` leaves the audio track out.
    """
    file = BytesIO()
    video_codec, audio_codec = _VIDEO_CODECS[file_format]
    options = {} if file_format == "webm" else {"movflags": "use_metadata_tags"}
    with av.open(file, "w", format=file_format, options=options) as container:
        container.metadata.update(metadata or {})
        # The header lists all streams and is written with the first packet.
        pictures = (
            _picture_stream(container, video_codec, frames, fps, keyframe_every, pixel_format) if frames else None
        )
        track = None if sound is None else _sound_stream(container, audio_codec, sound, 48_000)
        if pictures is not None:
            _encode_pictures(container, pictures, frames)
        if sound is not None:
            _encode_sound(container, track, sound)
    return file.getvalue()


def trimmed(frames: Sequence[NDArray[np.uint8]], shown_from_seconds: float, fps: int = 24) -> bytes:
    """An MP4 as lossless trimming leaves it: an edit list hides the frames before the first one that is shown."""
    file = BytesIO()
    options = {"use_editlist": "1", "avoid_negative_ts": "disabled"}
    with av.open(file, "w", format="mp4", options=options) as container:
        stream = _picture_stream(container, "libx264", frames, fps, keyframe_every=len(frames))
        for packet in [*(packet for frame in frames for packet in stream.encode(_picture(frame))), *stream.encode()]:
            early = round(shown_from_seconds / packet.time_base)
            packet.pts, packet.dts = packet.pts - early, packet.dts - early
            container.mux(packet)
    return file.getvalue()


def edited(mp4: bytes, parts: Sequence[tuple[float, float]]) -> bytes:
    """The video with another edit list of its first track: seconds from and to, shown one after the other.

    The index lies behind the media data, so nothing that it points at moves (ISO 14496-12, 8.6.6).
    """
    movie_hz, track_hz, early = (_number(mp4, mp4.index(box)) for box in (b"mvhd", b"mdhd", b"elst"))
    entries = [(round((end - start) * movie_hz), round(start * track_hz) + early) for start, end in parts]
    return _with_edits(mp4, mp4.index(b"trak"), entries)


def delayed(mp4: bytes, kind: bytes, seconds: float) -> bytes:
    """The video with one of its tracks, `vide` or `soun`, beginning later than the other."""
    track = mp4.rindex(b"trak", 0, mp4.index(kind, mp4.index(b"hdlr")))
    edit = mp4.index(b"elst", track)
    shown = int.from_bytes(mp4[edit + 12 : edit + 16], "big"), _number(mp4, edit)
    return _with_edits(mp4, track, [(round(seconds * _number(mp4, mp4.index(b"mvhd"))), -1), shown])


def _with_edits(mp4: bytes, track: int, entries: Sequence[tuple[int, int]]) -> bytes:
    """Entries of duration and media time in the place of the one that the track has."""
    edit = mp4.index(b"elst", track)
    table = struct.pack(">I", len(entries)) + b"".join(struct.pack(">IiI", *entry, 1 << 16) for entry in entries)
    made = bytearray(mp4[: edit + 8] + table + mp4[edit + 24 :])
    for box in (mp4.index(b"moov"), track, mp4.index(b"edts", track), edit):
        size_bytes = int.from_bytes(made[box - 4 : box], "big") + 12 * (len(entries) - 1)
        made[box - 4 : box] = struct.pack(">I", size_bytes)
    return bytes(made)


def _number(mp4: bytes | bytearray, box: int) -> int:
    """The fourth word behind the name of a box: a clock's ticks a second, or where the media of an edit begins."""
    return int.from_bytes(mp4[box + 16 : box + 20], "big")


def turned(mp4: bytes, clockwise_degrees: int) -> bytes:
    """The video as a phone held on its side writes it: a display matrix in the track header (ISO 14496-12, 8.3.2)."""
    a, b = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[clockwise_degrees]
    matrix = struct.pack(">9i", a << 16, b << 16, 0, -b << 16, a << 16, 0, 0, 0, 1 << 30)
    start = mp4.index(b"tkhd") + 44
    return mp4[:start] + matrix + mp4[start + len(matrix) :]


def colour_profile(
    primaries: Sequence[tuple[float, float, float]] = DISPLAY_P3, gamma: float = 2.2, name: str = "Test"
) -> bytes:
    """An ICC profile (version 2, three primaries and one gamma) to give to `image`."""
    text = name.encode("ascii") + b"\0"
    description = b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"desc": description, b"wtpt": _xyz(0.9642, 1.0, 0.8249)}
    tags |= {tag: _xyz(*colour) for tag, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, offset = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += tag + struct.pack(">II", offset + len(body), len(data))
        body += data
    head = b"\0\0\0\0" + struct.pack(">I", 0x02400000) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    head = struct.pack(">I", offset + len(body)) + head + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + table + body


def _xyz(x: float, y: float, z: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))


def _gps(latitude: float, longitude: float) -> dict[int, Any]:
    return {
        ExifTags.GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
        ExifTags.GPS.GPSLatitude: _degrees_minutes_seconds(latitude),
        ExifTags.GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
        ExifTags.GPS.GPSLongitude: _degrees_minutes_seconds(longitude),
    }


def _degrees_minutes_seconds(degrees: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(abs(degrees) * 3600, 60)
    return minutes // 60, minutes % 60, round(seconds, 4)


def _picture_stream(
    container: Any,
    codec: str,
    frames: Sequence[NDArray[np.uint8]],
    fps: int,
    keyframe_every: int,
    pixel_format: str = "yuv420p",
) -> Any:
    options = {
        "g": str(keyframe_every),
        "preset": "veryfast",
        "crf": "20",
        "deadline": "realtime",
        "cpu-used": "8",
        "b": "2M",
    }
    stream = container.add_stream(codec, rate=fps, options=options)
    stream.height, stream.width = frames[0].shape[:2]
    stream.pix_fmt = pixel_format
    return stream


def _encode_pictures(container: Any, stream: Any, frames: Sequence[NDArray[np.uint8]]) -> None:
    for pixels in frames:
        container.mux(stream.encode(_picture(pixels)))
    container.mux(stream.encode())


def _picture(pixels: NDArray[np.uint8]) -> Any:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")


def _sound_stream(container: Any, codec: str, samples: NDArray[np.float32], rate_hz: int) -> Any:
    return container.add_stream(codec, rate=rate_hz, layout=_layout(samples))


def _encode_sound(container: Any, stream: Any, samples: NDArray[np.float32]) -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.reshape(1, -1)), "flt", _layout(samples))
    frame.sample_rate, frame.time_base, frame.pts = stream.rate, Fraction(1, stream.rate), 0
    container.mux(stream.encode(frame))
    container.mux(stream.encode())


def _layout(samples: NDArray[np.float32]) -> str:
    return {1: "mono", 2: "stereo"}[samples.shape[1]]
