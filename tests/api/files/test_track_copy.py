"""Sound and video of every format whose tags say where they were made."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from api.files.track_copy import without_comments
from configs.settings import DecodeSettings
from pipeline.decode import decode
from tests import media
from tests.api.files.rich import KEPT, MATROSKA, RICH, TAGS, WEBM, packets, remuxed, rendered, tagged


class TestTags:
    @pytest.mark.parametrize("name", RICH)
    def test_the_sound_stays_and_nobody_learns_where_it_was_recorded(self, tmp_path, name):
        format, make = RICH[name]
        content = make()
        assert b"52.5163" in content
        _, out = rendered(tmp_path, content, format)
        made = out.read_bytes()
        for secret in (b"52.5163", b"13.3777", "52.5163".encode("utf-16-le"), b"52,30.978"):
            assert secret not in made, secret
        given = tmp_path / f"given.{format}"
        given.write_bytes({"mp3": media.audio("mp3", media.tone(1.0)), "flac": tagged("flac")}.get(name, content))
        assert packets(out) == packets(given), "of those two as they were before their tags"
        heard, before = decode(out, DecodeSettings()), decode(given, DecodeSettings())
        assert heard.facts.format == format
        assert heard.facts.codecs == before.facts.codecs
        assert np.array_equal(_samples(heard), _samples(before))
        assert rendered(tmp_path, content, format)[1].read_bytes() == made

    @pytest.mark.parametrize("name", [name for name in RICH if "of PyAV" in name and "wav" not in name])
    def test_what_it_is_called_stays(self, tmp_path, name):
        format, make = RICH[name]
        tags = _tags(rendered(tmp_path, make(), format)[1])
        assert KEPT.items() <= tags.items()
        assert tags.keys() - KEPT.keys() <= {"encoder", "language", "major_brand", "minor_version", "compatible_brands"}

    def test_every_format_has_the_title(self, tmp_path):
        for name in ("mp3", "flac", "wav", "webm"):
            assert _tags(rendered(tmp_path, RICH[name][1](), name)[1])["title"] == "Market day"

    @pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAW", "ULAW"])
    def test_every_kind_of_wav(self, tmp_path, subtype):
        content = media.audio("wav", media.tone(0.5), subtype=subtype)
        _, out = rendered(tmp_path, content, "wav")
        assert packets(out) == packets(tmp_path / "given.wav")

    def test_the_loudness_that_was_measured_stays(self, tmp_path):
        content = remuxed(tagged("flac"), "flac", {"REPLAYGAIN_TRACK_GAIN": "-3.1 dB"})
        assert b"-3.1 dB" in rendered(tmp_path, content, "flac")[1].read_bytes()

    @pytest.mark.parametrize("codec", ["libvpx-vp9", "libsvtav1", "libx264"])
    def test_every_picture_of_webm(self, tmp_path, codec):
        file = io.BytesIO()
        with av.open(file, "w", format="matroska") as container:
            container.metadata.update(TAGS)
            pictures = container.add_stream(codec, rate=24)
            pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
            for pixels in media.footage(("coffee.png",)):
                container.mux(pictures.encode(av.VideoFrame.from_ndarray(pixels.copy(), "rgb24")))
            container.mux(pictures.encode(None))
        _, out = rendered(tmp_path, file.getvalue().replace(MATROSKA, WEBM), "webm")
        assert b"52.5163" not in out.read_bytes()
        assert packets(out) == packets(tmp_path / "given.webm")
        assert decode(out, DecodeSettings()).facts.format == "webm"
        assert _frame_length(out) == _frame_length(tmp_path / "given.webm") == 41


class TestVorbisHeaders:
    @pytest.mark.parametrize("sizes", [(30, 7), (30, 300), (30, 255), (510, 254)])
    def test_the_second_is_emptied(self, sizes):
        first, second, third = bytes(sizes[0]), b"c" * sizes[1], b"setup"
        lacing = b"".join(b"\xff" * (size // 255) + bytes((size % 255,)) for size in sizes)
        empty = b"\x03vorbis" + bytes(8) + b"\x01"
        made = without_comments(b"\x02" + lacing + first + second + third)
        assert made == b"\x02" + _laced(sizes[0]) + bytes((len(empty),)) + first + empty + third

    @pytest.mark.parametrize("headers", [b"", b"\x02", b"\x02\xff\xff", b"\x02\x1e\x07short", b"\x01\x00\x00"])
    def test_what_is_none(self, headers):
        with pytest.raises(ValueError, match="three headers"):
            without_comments(headers)


def _laced(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes((size % 255,))


def _samples(decoded) -> np.ndarray:
    return decoded.audio.samples if hasattr(decoded, "audio") else decoded.samples


def _frame_length(path: Path) -> int:
    """In milliseconds."""
    with av.open(str(path)) as container:
        return next(container.demux(video=0)).duration


def _tags(path: Path) -> dict[str, str]:
    """Of the file and of its sound, by lower-case name."""
    with av.open(str(path)) as container:
        of_sound = container.streams.audio[0].metadata if path.suffix == ".ogg" else {}
        return {name.lower(): value for name, value in (container.metadata | of_sound).items()}
