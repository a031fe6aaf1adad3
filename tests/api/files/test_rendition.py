"""Pictures with real EXIF, XMP and positions in every format and orientation; videos with a position."""

import io
import struct
from pathlib import Path

import av
import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image

from configs.settings import DecodeSettings
from pipeline.decode import decode
from pipeline.media import CorruptMedia, PictureSize
from tests import media
from tests.api.files.rich import BERLIN, PLUGINS, XMP, packets, rendered, rich_exif, rich_picture, tagged

SECRETS = (b"52,30.978", b"Ada Lovelace", b"Unter den Linden")
"""Words in the files of `rich_picture` that nobody may read afterwards."""


def upright_pixels(content: bytes | Path, format: str) -> np.ndarray:
    """As a viewer shows the picture that was given."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    with Image.open(stream, formats=(PLUGINS[format],)) as image:
        turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}.get(image.getexif().get(ExifTags.Base.Orientation, 1))
        return np.asarray((image if turn is None else image.transpose(Image.Transpose(turn))).convert("RGB"))


def position(path: Path):
    return decode(path, DecodeSettings()).facts.position


class TestPictures:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("format", media.IMAGE_FORMATS)
    def test_it_stands_upright_and_nobody_learns_where_it_was_taken(self, tmp_path, format, orientation):
        content = rich_picture(format, orientation)
        assert position(_file(tmp_path, content)) is not None
        assert all(secret in _unpacked(tmp_path / "original") for secret in SECRETS)
        made, out = rendered(tmp_path, content, format)
        expected, pixels = upright_pixels(content, format), np.asarray(Image.open(out).convert("RGB"))
        assert (made.height, made.width) == pixels.shape[:2] == expected.shape[:2]
        if orientation == 1 or format in ("png", "heic"):
            assert np.array_equal(pixels, expected)
        else:
            assert np.abs(pixels.astype(int) - expected).mean() < 2.5
        assert position(out) is None
        assert not [secret for secret in SECRETS if secret in _unpacked(out)]

    @pytest.mark.parametrize("orientation", [1, 6])
    @pytest.mark.parametrize("format", media.IMAGE_FORMATS)
    def test_the_facts_of_the_capture_and_the_colours_stay(self, tmp_path, format, orientation):
        _, out = rendered(tmp_path, rich_picture(format, orientation), format)
        with Image.open(out) as image:
            exif = image.getexif()
            assert exif[ExifTags.Base.Make] == "Leica"
            assert float(exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber]) == pytest.approx(2.8)
            assert exif.get(ExifTags.Base.Orientation, 1) == 1
            assert ExifTags.IFD.GPSInfo not in exif
            assert image.info["icc_profile"] == media.colour_profile()

    @pytest.mark.parametrize("orientation", [1, 6])
    @pytest.mark.parametrize("format", media.IMAGE_FORMATS)
    def test_a_job_may_keep_the_position(self, tmp_path, format, orientation):
        content = rich_picture(format, orientation)
        made, out = rendered(tmp_path, content, format, keep_location=True)
        assert position(out).latitude_degrees == pytest.approx(BERLIN[0], abs=1e-3)
        assert made == (PictureSize(320, 240) if orientation == 1 else PictureSize(240, 320))
        assert np.asarray(Image.open(out)).shape[:2] == (made.height, made.width)
        if orientation == 1 or format == "heic":
            assert out.read_bytes() == content

    @pytest.mark.parametrize("format", media.IMAGE_FORMATS)
    def test_the_same_file_gives_the_same_bytes(self, tmp_path, format):
        contents = [rendered(tmp_path, rich_picture(format, 6), format)[1].read_bytes() for _ in range(2)]
        assert contents[0] == contents[1]

    @pytest.mark.parametrize("format", media.IMAGE_FORMATS)
    def test_a_picture_without_metadata(self, tmp_path, format):
        file = io.BytesIO()
        Image.fromarray(media.photo(size=(64, 48))).save(file, PLUGINS[format])
        made, out = rendered(tmp_path, file.getvalue(), format)
        assert made == PictureSize(64, 48)
        assert np.array_equal(upright_pixels(out, format), upright_pixels(file.getvalue(), format))

    @pytest.mark.parametrize("format", media.IMAGE_FORMATS)
    def test_what_is_no_picture_is_corrupt(self, tmp_path, format):
        for content in (b"", b"no picture", rich_picture("png" if format != "png" else "jpeg")):
            with pytest.raises(CorruptMedia):
                rendered(tmp_path, content, format)

    @pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 1}, {"subsampling": 0}])
    def test_the_scans_of_a_jpeg_stay_bit_for_bit(self, tmp_path, options):
        content = rich_picture("jpeg", **options, comment=b"Unter den Linden")
        _, out = rendered(tmp_path, content, "jpeg")
        scans = content[content.index(b"\xff\xdb") : content.rindex(b"\xff\xd9") + 2]
        assert out.read_bytes().endswith(scans.replace(_jpeg_comment(content), b""))

    def test_four_colours_of_a_jpeg(self, tmp_path):
        file = io.BytesIO()
        picture = Image.fromarray(media.photo(size=(64, 48))).convert("CMYK")
        picture.save(file, "JPEG", exif=rich_exif(6))
        _, out = rendered(tmp_path, file.getvalue(), "jpeg")
        difference = upright_pixels(out, "jpeg").astype(int) - upright_pixels(file.getvalue(), "jpeg")
        assert np.abs(difference).mean() < 6

    def test_second_pictures_behind_the_first_go(self, tmp_path):
        content = rich_picture("jpeg") + rich_picture("jpeg")
        _, out = rendered(tmp_path, content, "jpeg")
        assert out.read_bytes().count(b"\xff\xd8\xff") == 1

    @pytest.mark.parametrize("mode", ["P", "LA", "RGBA", "I;16", "1"])
    @pytest.mark.parametrize("orientation", [1, 8])
    def test_every_kind_of_png(self, tmp_path, mode, orientation):
        base = Image.fromarray(media.photo(size=(64, 48)))
        picture = Image.fromarray(np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)) if mode == "I;16" else base
        file = io.BytesIO()
        (picture if mode == "I;16" else base.convert(mode)).save(file, "PNG", exif=rich_exif(orientation))
        _, out = rendered(tmp_path, file.getvalue(), "png")
        with Image.open(out) as image, Image.open(io.BytesIO(file.getvalue())) as given:
            upright = given if orientation == 1 else given.transpose(Image.Transpose.ROTATE_90)
            assert image.mode == given.mode
            assert np.array_equal(np.asarray(image.convert("RGBA")), np.asarray(upright.convert("RGBA")))

    @pytest.mark.parametrize("orientation", [1, 3])
    def test_a_lossless_webp_loses_nothing(self, tmp_path, orientation):
        content = rich_picture("webp", orientation, lossless=True)
        _, out = rendered(tmp_path, content, "webp")
        assert np.array_equal(upright_pixels(out, "webp"), upright_pixels(content, "webp"))

    def test_an_animation_that_stands_upright_stays_one(self, tmp_path):
        frames = [Image.fromarray(media.photo(name, (64, 48))) for name in ("coffee.png", "chelsea.png")]
        file = io.BytesIO()
        frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], exif=rich_exif(1), xmp=XMP)
        _, out = rendered(tmp_path, file.getvalue(), "webp")
        with Image.open(out) as image:
            assert image.n_frames == 2
        assert not [secret for secret in SECRETS if secret in out.read_bytes()]

    def test_broken_exif_is_dropped(self, tmp_path):
        content = rich_picture("jpeg")
        start = content.index(b"Exif\0\0") + 6
        _, out = rendered(tmp_path, content[:start] + b"XX" + content[start + 2 :], "jpeg")
        assert not [secret for secret in SECRETS if secret in out.read_bytes()]
        assert b"Exif" not in out.read_bytes()

    def test_a_maker_that_is_a_number(self, tmp_path):
        tiff = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, ExifTags.Base.Make, 12, 1, 26, 0) + struct.pack("<d", 2.5)
        file = io.BytesIO()
        Image.fromarray(media.photo(size=(64, 48))).save(file, "JPEG", exif=b"Exif\0\0" + tiff)
        made, out = rendered(tmp_path, file.getvalue(), "jpeg")
        assert made == PictureSize(64, 48)
        assert b"Exif" not in out.read_bytes()

    def test_a_video_inside_of_a_heic_goes(self, tmp_path):
        content = rich_picture("heic")
        for kind in (b"mpvd", b"uuid", b"moov", b"free", b"skip", b"mdat"):
            box = b"Unter den Linden"
            _, out = rendered(tmp_path, content + (len(box) + 8).to_bytes(4, "big") + kind + box, "heic")
            assert b"Linden" not in out.read_bytes()
            assert np.array_equal(upright_pixels(out, "heic"), upright_pixels(content, "heic"))

    @pytest.mark.parametrize("tail", [b"Unter den Linden", b"SEFT1234", b"\xff\xff\xff", b"\0\0\0\1mpvd"])
    def test_what_is_no_box_behind_a_heic_goes(self, tmp_path, tail):
        content = rich_picture("heic")
        _, out = rendered(tmp_path, content + tail, "heic")
        assert len(out.read_bytes()) == len(content)
        assert np.array_equal(upright_pixels(out, "heic"), upright_pixels(content, "heic"))

    @pytest.mark.parametrize("cut", [1, 4, 12, 13, 16, 20, 22])
    def test_a_png_without_its_last_bytes(self, tmp_path, cut):
        content = media.image("png", media.photo())
        _, out = rendered(tmp_path, content[:-cut], "png")
        assert np.array_equal(upright_pixels(out, "png"), media.photo())
        assert out.read_bytes().endswith(content[-12:])

    def test_what_follows_inside_of_a_jpegs_segments_goes(self, tmp_path):
        content = media.image("jpeg", media.photo())
        for marker, fixed in ((0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1"), (0xEE, b"Adobe\0d\0\0\0\0\1")):
            body = fixed + b"Unter den Linden"
            segment = bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body
            _, out = rendered(tmp_path, content[:2] + segment + content[2:], "jpeg")
            assert b"Linden" not in out.read_bytes()
            assert fixed[:12] in out.read_bytes()
            assert np.array_equal(upright_pixels(out, "jpeg"), upright_pixels(content, "jpeg"))

    def test_what_lies_between_in_the_frames_of_an_animation_goes(self, tmp_path):
        frames = [Image.fromarray(media.photo(name, (64, 48))) for name in ("coffee.png", "chelsea.png")]
        file = io.BytesIO()
        frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
        content = file.getvalue()
        size_at = content.rindex(b"ANMF") + 4
        size_bytes = int.from_bytes(content[size_at : size_at + 4], "little")
        hidden = b"XMP " + struct.pack("<I", 16) + b"Unter den Linden"
        grown = struct.pack("<I", size_bytes + len(hidden)) + content[size_at + 4 :] + hidden
        content = b"RIFF" + struct.pack("<I", len(content) - 8 + len(hidden)) + content[8:size_at] + grown
        _, out = rendered(tmp_path, content, "webp")
        assert b"Linden" not in out.read_bytes()
        assert out.read_bytes() == file.getvalue()

    def test_every_picture_of_a_heic_with_several(self, tmp_path):
        heif = pillow_heif.HeifFile()
        for name in ("coffee.png", "chelsea.png"):
            heif.add_from_pillow(Image.fromarray(media.photo(name, (64, 48))))
        for image in heif:
            image.info["exif"], image.info["xmp"] = rich_exif(1), XMP
        file = io.BytesIO()
        heif.save(file, quality=90)
        assert file.getvalue().count(SECRETS[0]) == 2
        _, out = rendered(tmp_path, file.getvalue(), "heic")
        assert not [secret for secret in SECRETS if secret in out.read_bytes()]
        assert len(pillow_heif.open_heif(out)) == 2


class TestSoundAndVideo:
    @pytest.mark.parametrize("format", ["mp4", "mov"])
    @pytest.mark.parametrize("clockwise_degrees", [0, 90])
    def test_the_tracks_stay_and_the_position_goes(self, tmp_path, format, clockwise_degrees):
        tags = {"location": "+52.5163+013.3777/", "com.apple.quicktime.location.ISO6709": "+52.5163+013.3777/"}
        tags |= {"com.apple.quicktime.make": "Leica", "creation_time": "2026-01-02T03:04:05.000000Z", "author": "Ada"}
        content = media.video(format, media.footage(), sound=media.tone(3.0), metadata=tags)
        content = media.turned(content, clockwise_degrees)
        assert b"+52.5" in content
        made, out = rendered(tmp_path, content, format)
        assert b"+52.5" not in out.read_bytes()
        assert b"Ada" not in out.read_bytes()
        assert b"Leica" in out.read_bytes()
        assert packets(out) == packets(tmp_path / f"given.{format}")
        assert _first_frame(out) == _first_frame(tmp_path / f"given.{format}")
        assert made is None
        first = out.read_bytes()
        assert rendered(tmp_path, content, format)[1].read_bytes() == first

    @pytest.mark.parametrize("tag", ["hvc1", "hev1"])
    @pytest.mark.parametrize("format", ["mp4", "mov"])
    def test_hevc_keeps_the_tag_that_players_look_at(self, tmp_path, format, tag):
        file = io.BytesIO()
        with av.open(file, "w", format=format) as container:
            pictures = container.add_stream("libx265", rate=24, options={"preset": "ultrafast"})
            pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
            pictures.codec_context.codec_tag = tag
            _encode(container, pictures, media.footage(("coffee.png",), scene_seconds=0.5))
        _, out = rendered(tmp_path, file.getvalue(), format)
        with av.open(str(out)) as container:
            assert container.streams.video[0].codec_context.codec_tag == tag
        assert packets(out) == packets(tmp_path / f"given.{format}")

    def test_a_track_of_positions_goes(self, tmp_path):
        path = tmp_path / "given.mp4"
        with av.open(str(path), "w") as container:
            pictures = container.add_stream("libx264", rate=24)
            pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
            places = container.add_data_stream("bin_data")  # GoPro's GPMF is one
            _encode(container, pictures, media.footage(("coffee.png",)))
            packet = av.Packet(b"GPS 52.5")
            packet.stream, packet.pts, packet.dts, packet.duration = places, 0, 0, 1000
            container.mux(packet)
        assert b"GPS 52.5" in path.read_bytes()
        _, out = rendered(tmp_path, path.read_bytes(), "mp4")
        assert b"GPS 52.5" not in out.read_bytes()
        assert packets(out)["video"] == packets(path)["video"]

    def test_what_was_cut_off_is_not_delivered(self, tmp_path):
        whole = media.video("mp4", media.footage(), sound=media.tone(3.0))
        _, out = rendered(tmp_path, media.edited(whole, [(0.5, 1.5)]), "mp4")
        given, made = _shown(tmp_path / "given.mp4"), _shown(out)
        assert len(given) == 24
        assert made[:24] == given
        assert len(made) <= 26, "those that the last ones are predicted from"

    @pytest.mark.parametrize(("muxer", "codec"), [
        ("3gp", "libopencore_amrnb"), ("mov", "libopencore_amrnb"), ("mov", "pcm_mulaw"), ("mov", "pcm_alaw"),
        ("mov", "pcm_u8"), ("mov", "pcm_s8"),
    ])  # fmt: skip
    def test_sound_that_ffmpeg_does_not_write_into_mp4(self, tmp_path, muxer, codec):
        file = io.BytesIO()
        with av.open(file, "w", format=muxer) as container:
            sound = container.add_stream(codec, rate=8_000, layout="mono")
            _encode_telephone(container, sound)
        _, out = rendered(tmp_path, file.getvalue(), "m4a")
        assert packets(out) == packets(tmp_path / "given.m4a")
        assert decode(out, DecodeSettings()).facts.format == "m4a"

    def test_a_3gp_video_stays_what_it_is(self, tmp_path):
        file = io.BytesIO()
        with av.open(file, "w", format="3gp") as container:
            pictures = container.add_stream("libx264", rate=24)
            pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
            sound = container.add_stream("libopencore_amrnb", rate=8_000, layout="mono")
            _encode(container, pictures, media.footage(("coffee.png",)))
            _encode_telephone(container, sound)
        _, out = rendered(tmp_path, file.getvalue(), "mp4")
        assert packets(out) == packets(tmp_path / "given.mp4")
        facts = decode(out, DecodeSettings()).facts
        assert (facts.format, facts.codecs) == ("mp4", ("h264", "amr_nb"))

    def test_m4a(self, tmp_path):
        content = media.audio("m4a", media.tone(2.0))
        _, out = rendered(tmp_path, content, "m4a")
        assert packets(out) == packets(tmp_path / "given.m4a")
        assert decode(out, DecodeSettings()).facts.format == "m4a"

    def test_m4a_with_opus_as_browsers_record_it(self, tmp_path):
        path = tmp_path / "given.m4a"
        with av.open(str(path), "w", format="mp4") as container:
            sound = container.add_stream("libopus", rate=48_000, layout="mono")
            frame = av.AudioFrame.from_ndarray(media.tone(2.0)[:, 0][np.newaxis].astype(np.float32), "flt", "mono")
            frame.sample_rate = 48_000
            container.mux([*sound.encode(frame), *sound.encode()])
        _, out = rendered(tmp_path, path.read_bytes(), "m4a")
        assert packets(out) == packets(path)
        facts = decode(out, DecodeSettings()).facts
        assert (facts.format, facts.codecs) == ("m4a", ("opus",))

    @pytest.mark.parametrize("format", [*media.AUDIO_FORMATS, *media.VIDEO_FORMATS])
    def test_a_job_that_keeps_the_position_gets_the_file_itself(self, tmp_path, format):
        content = tagged(format)
        assert b"52.5163" in content
        assert rendered(tmp_path, content, format, keep_location=True)[1].read_bytes() == content

    def test_what_is_no_video_is_corrupt(self, tmp_path):
        with pytest.raises(CorruptMedia):
            rendered(tmp_path, b"no video at all", "mp4")


def _encode(container, pictures, frames) -> None:
    container.mux([p for f in frames for p in pictures.encode(av.VideoFrame.from_ndarray(f.copy(), "rgb24"))])
    container.mux(pictures.encode())


def _encode_telephone(container, sound) -> None:
    frame = av.AudioFrame.from_ndarray(media.tone(1.0, rate_hz=8_000, channels=1).T.copy(), "flt", "mono")
    frame.sample_rate = 8_000
    container.mux([*sound.encode(frame), *sound.encode()])


def _file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "original"
    path.write_bytes(content)
    return path


def _unpacked(path: Path) -> bytes:
    """The bytes of a file, and what its PNG chunks hold compressed."""
    content = path.read_bytes()
    with Image.open(path) as image:
        texts = getattr(image, "text", {})
    return content + "".join(texts.values()).encode()


def _jpeg_comment(content: bytes) -> bytes:
    start = content.find(b"\xff\xfe")
    return (
        content[start : start + 2 + int.from_bytes(content[start + 2 : start + 4], "big")] if start >= 0 else b"\0" * 9
    )


def _shown(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


def _first_frame(path: Path) -> tuple[float, int, bytes]:
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        return frame.rotation, frame.pts, frame.to_ndarray(format="rgb24").tobytes()
