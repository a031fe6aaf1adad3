"""Files that say where they were made in every way that is known, and what is made of them."""

import io
import struct
from fractions import Fraction
from functools import cache, partial
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from PIL import ExifTags, Image, PngImagePlugin

from api.files.rendition import render
from tests import media

BERLIN = (52.5163, 13.3777)
PLUGINS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}
XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="52,30.978N"
exif:GPSLongitude="13,22.66E"/>
</rdf:RDF></x:xmpmeta>"""


def rich_exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Leica"
    exif[ExifTags.Base.Artist] = "Ada Lovelace"
    exif[ExifTags.Base.ImageDescription] = "Unter den Linden"
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {ExifTags.Base.FNumber: 2.8, ExifTags.Base.MakerNote: b"Unter den Linden", ExifTags.Base.ExposureTime: 0.005}
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(media._gps(*BERLIN))
    return exif.tobytes()


@cache
def rich_picture(format: str, orientation: int = 1, **options) -> bytes:
    """A photograph with a position in EXIF and XMP, an author, a colour profile, and a trailer."""
    info = PngImagePlugin.PngInfo()
    if format == "png":
        info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=False)
        info.add_text("Raw profile type exif", f"\nexif\n{8:8}\n{rich_exif(1).hex()}\n", zip=True)
        options["pnginfo"] = info
    file = io.BytesIO()
    picture = Image.fromarray(media.photo(size=(320, 240)))
    options = {"quality": 90, "icc_profile": media.colour_profile()} | options
    picture.save(file, PLUGINS[format], exif=rich_exif(orientation), xmp=XMP, **options)
    return file.getvalue() + (b"" if format == "heic" else b"Unter den Linden")


def rendered(tmp_path: Path, content: bytes, format: str, keep_location: bool = False):
    path, out = tmp_path / f"given.{format}", tmp_path / f"made.{format}"
    path.write_bytes(content)
    with out.open("wb") as file:
        return render(path, file, format=format, keep_location=keep_location), out


MATROSKA, WEBM = b"\x42\x82\x88matroska", b"\x42\x82\x84webm\xec\x82\0\0"
"""Document types; the second is as long."""
PLACE = "+52.5163+013.3777/"
TAGS = {
    "title": "Market day", "artist": "Ada", "album": "Berlin", "date": "2026", "genre": "Speech",
    "location": PLACE, "LOCATION-eng": PLACE, "GEO_LAT": "52.5163", "GEO_LONG": "13.3777", "comment": f"at {PLACE}",
    "com.apple.quicktime.location.ISO6709": PLACE, "xyz": PLACE,
}  # fmt: skip
KEPT = {"title": "Market day", "artist": "Ada", "album": "Berlin", "date": "2026", "genre": "Speech"}
CODECS = {"mp3": "libmp3lame", "wav": "pcm_s16le", "m4a": "aac", "flac": "flac", "ogg": "libopus"}


def tagged(format: str) -> bytes:
    """A recording or video of one second whose tags say where it was made, as PyAV writes them."""
    if format in media.VIDEO_FORMATS:
        return media.video(format, media.footage(("coffee.png",)), sound=media.tone(1.0), metadata=TAGS)
    file = io.BytesIO()
    options = {"movflags": "use_metadata_tags"} if format == "m4a" else {}
    with av.open(file, "w", format="ipod" if format == "m4a" else format, options=options) as container:
        container.metadata.update(TAGS)
        sound = container.add_stream(CODECS[format], rate=48_000, layout="mono")
        samples = media.tone(1.0, channels=1)[:, 0][np.newaxis]
        for start in range(0, samples.shape[1], 960):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[:, start : start + 960]), "fltp", "mono")
            frame.sample_rate, frame.pts = 48_000, start
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return file.getvalue()


def remuxed(content: bytes, muxer: str, tags=TAGS, change=lambda target, copies: None) -> bytes:
    """The tracks of a file in another container, which `change` may add to before the first packet."""
    file = io.BytesIO()
    with av.open(io.BytesIO(content)) as source, av.open(file, "w", format=muxer) as target:
        target.metadata.update(tags)
        copies = {track.index: target.add_stream_from_template(track, opaque=True) for track in source.streams}
        change(target, list(copies.values()))
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    return file.getvalue().replace(MATROSKA, WEBM)


def vorbis_in_webm() -> bytes:
    """Vorbis whose header, kept as it was recorded, says where that was."""
    said = f"LOCATION={PLACE}".encode()
    comments = b"\x03vorbis" + struct.pack("<III", 0, 1, len(said)) + said + b"\x01"

    def change(_target, copies) -> None:
        headers = copies[0].codec_context.extradata
        first, setup = headers[3:33], b"\x05vorbis" + headers.partition(b"\x05vorbis")[2]
        copies[0].codec_context.extradata = bytes((2, len(first), len(comments))) + first + comments + setup

    return remuxed(media.audio("ogg", media.tone(1.0)), "webm", {}, change)


def id3_frame(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body)) + bytes(2) + body


def id3(*frames: bytes) -> bytes:
    """A tag of ID3v2.3."""
    size = sum(map(len, frames))
    return b"ID3\x03\0\0" + bytes(size >> shift & 127 for shift in (21, 14, 7, 0)) + b"".join(frames)


def rich_mp3() -> bytes:
    """Frames of MP3 among every kind of tag that players know."""
    place = PLACE.encode()
    tag = id3(
        id3_frame(b"TIT2", b"\0Market day"),
        id3_frame(b"TXXX", b"\0location\0" + place),
        id3_frame(b"TXXX", b"\x01" + "place\0".encode("utf-16") + PLACE.encode("utf-16")),
        id3_frame(b"GEOB", b"\0application/json\0place.json\0location\0" + place),
        id3_frame(b"PRIV", b"com.recorder.gps\0" + place),
        id3_frame(b"COMM", b"\0eng\0" + place),
        id3_frame(b"APIC", b"\0image/jpeg\0\x03\0" + rich_picture("jpeg")),
    )
    ape_item = struct.pack("<II", len(place), 0) + b"Location\0" + place
    ape = struct.pack("<8sIIII8x", b"APETAGEX", 2000, len(ape_item) + 32, 1, 0)
    id3v1 = (b"TAG" + b"Market day".ljust(30, b"\0") + place.ljust(30, b"\0")).ljust(128, b"\0")
    return tag + media.audio("mp3", media.tone(1.0)) + ape_item + ape + id3v1


def rich_flac() -> bytes:
    """Application data, a picture, comments, and a tag of MP3 at the end."""
    flac = tagged("flac")
    first = flac[4 : 4 + 4 + 34]
    place = PLACE.encode()
    blocks = [(2, b"GPSx" + place), (6, struct.pack(">I", 3) + struct.pack(">I", 10) + b"image/jpeg" + bytes(24))]
    more = b"".join(bytes((kind,)) + len(body).to_bytes(3, "big") + body for kind, body in blocks)
    id3v1 = (b"TAG" + bytes(30) + place).ljust(128, b"\0")
    return flac[:4] + first + more + flac[4 + 4 + 34 :] + id3v1


def rich_wav() -> bytes:
    """Chunks of field recorders: `iXML`, `bext`, an ID3 tag, XMP, and INFO."""
    place = PLACE.encode()
    chunks = [
        (b"iXML", b"<BWFXML><LOCATION><LOCATION_GPS>" + place + b"</LOCATION_GPS></LOCATION></BWFXML>"),
        (b"bext", place.ljust(602, b"\0")),
        (b"id3 ", id3(id3_frame(b"TXXX", b"\0location\0" + place))),
        (b"_PMX", XMP),
        (b"LIST", b"INFO" + b"INAM\x0b\0\0\0Market day\0\0" + b"IARL\x12\0\0\0" + place),
    ]
    more = b"".join(kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2) for kind, body in chunks)
    wav = media.audio("wav", media.tone(1.0))
    return wav[:4] + struct.pack("<I", len(wav) - 8 + len(more)) + wav[8:] + more


def rich_webm() -> bytes:
    """Tags of the file and of its tracks, a chapter and an attached picture."""

    def change(target, copies) -> None:
        for copy in copies:
            copy.metadata["location"] = PLACE
        target.add_attachment("place.jpg", "image/jpeg", rich_picture("jpeg"))
        chapter = {"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000), "metadata": {"title": PLACE}}
        target.set_chapters([chapter])

    return remuxed(tagged("webm"), "matroska", TAGS, change)


RICH = {
    **{f"{format} of PyAV": (format, partial(tagged, format)) for format in [*CODECS, "webm"]},
    "mp3": ("mp3", rich_mp3),
    "flac": ("flac", rich_flac),
    "wav": ("wav", rich_wav),
    "webm": ("webm", rich_webm),
    "vorbis in ogg": ("ogg", lambda: remuxed(media.audio("ogg", media.tone(1.0)), "ogg")),
    "flac in ogg": ("ogg", lambda: remuxed(tagged("flac"), "ogg")),
    "vorbis in webm": ("webm", vorbis_in_webm),
    "flac in webm": ("webm", lambda: remuxed(tagged("flac"), "matroska")),
}
"""Format and content by name."""


def packets(path: Path) -> dict[str, list[tuple[int, int, bytes]]]:
    """Time stamps and bytes of all packets of sound and pictures."""
    found: dict[str, list[tuple[int, int, bytes]]] = {"video": [], "audio": []}
    with av.open(str(path)) as container:
        for packet in container.demux():
            cover = packet.stream.disposition & Disposition.attached_pic
            if packet.size and packet.stream.type in found and not cover:
                found[packet.stream.type].append((packet.pts, packet.dts, bytes(packet)))
    assert any(found.values())
    return found
