"""Sound: every format at 16 kHz, as loud as it was, with its clipping measured."""

import numpy as np
import pytest

from configs.settings import DecodeSettings
from pipeline.decode import decode
from pipeline.decode_audio import Clipping
from pipeline.media import SAMPLE_RATE_HZ, CorruptMedia, DecodedAudio, MediaTooLarge, UnsupportedFormat
from tests import media

LIMITS = DecodeSettings()
CODECS = {"mp3": "mp3", "wav": "pcm_s16le", "m4a": "aac", "flac": "flac", "ogg": "vorbis", "opus": "opus"}


def decoded(data: bytes, limits: DecodeSettings = LIMITS) -> DecodedAudio:
    audio = decode(data, limits)
    assert isinstance(audio, DecodedAudio)
    return audio


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize(("file_format", "codec"), CODECS.items())
@pytest.mark.parametrize("channels", [1, 2])
def test_every_format(file_format: str, codec: str, channels: int) -> None:
    sound = media.tone(2.0, peak=0.5, channels=channels)
    audio = decoded(media.audio(file_format, sound))
    facts = audio.facts
    assert (facts.content_type, facts.format) == ("audio", {"opus": "ogg"}.get(file_format, file_format))
    assert (facts.codecs, facts.sample_rate_hz, facts.channels) == ((codec,), 48_000, channels)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.03)
    assert len(audio.samples) == pytest.approx(2 * SAMPLE_RATE_HZ, rel=0.02)
    assert level_db(audio.samples[4_000:-4_000]) == pytest.approx(level_db(sound), abs=0.1)
    assert audio.clipping_ratio == 0


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 96_000])
def test_resampling_keeps_pitch_and_level(rate_hz: int) -> None:
    audio = decoded(media.audio("wav", media.tone(1.0, hertz=1_000, rate_hz=rate_hz), rate_hz))
    assert audio.facts.sample_rate_hz == rate_hz
    spectrum = np.abs(np.fft.rfft(audio.samples[:SAMPLE_RATE_HZ], SAMPLE_RATE_HZ))
    assert spectrum.argmax() == 1_000
    assert np.abs(audio.samples[1_000:-1_000]).max() == pytest.approx(0.5, abs=0.01)


def test_resampling_leaves_no_alias() -> None:
    audio = decoded(media.audio("wav", media.tone(1.0, hertz=12_000)))
    assert level_db(audio.samples[1_000:-1_000]) < -60


def test_channels_are_averaged() -> None:
    sound = media.tone(1.0)
    sound[:, 1] = 0
    assert np.abs(decoded(media.audio("wav", sound)).samples[1_000:-1_000]).max() == pytest.approx(0.25, abs=0.005)


def test_of_channels_that_cancel_each_other_out_the_loudest_is_taken() -> None:
    sound = media.tone(1.0)
    sound[:, 1] = -0.98 * sound[:, 0]
    assert np.abs(decoded(media.audio("wav", sound)).samples[1_000:-1_000]).max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_sample_formats(subtype: str) -> None:
    audio = decoded(media.audio("wav", media.tone(0.5), subtype=subtype))
    assert np.abs(audio.samples[1_000:-1_000]).max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("content_type", ["audio/mp4", "audio of a webm"])
def test_sound_alone_in_a_video_container(content_type: str) -> None:
    container = "mp4" if content_type == "audio/mp4" else "webm"
    facts = decoded(media.video(container, [], sound=media.tone(0.5))).facts
    assert (facts.content_type, facts.format) == ("audio", {"mp4": "m4a", "webm": "webm"}[container])


def block(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


@pytest.mark.parametrize(("blocks", "expected"), [
    ([block(0.0, 0.5, 0.5, 0.5)], 0),
    ([block(1.0, 1.0, 0.0, 1.0, 1.0)], 0),
    ([block(1.0, 1.0, 1.0, 0.0, 0.0)], 3 / 5),
    ([block(-1.0, -1.0, -1.0, 0.0)], 3 / 4),
    ([block(0.0, 1.2, 1.1, 0.9991)], 3 / 4),
    ([block(0.0, 0.95, 0.95, 0.95)], 3 / 4),
    ([block(0.0, 0.95, 0.95, 0.95), block(1.0, 0.0, 0.0, 0.0)], 0),
    ([block(0.0, 1.0, 1.0, 1.0), block(1.3, 0.0, 0.0, 0.0)], 3 / 8),
    ([np.array([[1, 1, 1, 0], [0, 0, 0, 0]], np.float32)], 3 / 8),
    ([np.zeros((1, 0), np.float32)], 0),
])  # fmt: skip
def test_clipping(blocks: list[np.ndarray], expected: float) -> None:
    clipping = Clipping()
    for each in blocks:
        clipping.add(each)
    assert clipping.ratio == pytest.approx(expected)


@pytest.mark.parametrize("file_format", ["wav", "flac", "mp3"])
def test_clipped_file(file_format: str) -> None:
    sine = media.tone(5.0, peak=2.0, hertz=200)
    share = float((np.abs(sine) >= 1).mean())
    ratio = decoded(media.audio(file_format, sine.clip(-1, 1))).clipping_ratio
    assert ratio == pytest.approx(share, rel=0.05 if file_format != "mp3" else 0.3)
    assert decoded(media.audio(file_format, media.tone(5.0, peak=0.9, hertz=200))).clipping_ratio < 0.001


def test_too_long() -> None:
    data = media.audio("flac", media.tone(2.0))
    with pytest.raises(MediaTooLarge, match="longer than 1 seconds"):
        decode(data, DecodeSettings(max_audio_seconds=1.0))
    assert decode(data, DecodeSettings(max_audio_seconds=2.0))


def test_no_samples() -> None:
    with pytest.raises(CorruptMedia, match="no sound"):
        decode(media.audio("wav", media.tone(0.0)), LIMITS)


def test_cut_off() -> None:
    data = media.audio("flac", media.tone(3.0))
    with pytest.raises(CorruptMedia, match=r"declares 3\.0 s"):
        decode(data[: len(data) // 2], LIMITS)


def test_numbers_that_are_none_do_not_spread() -> None:
    sound = media.tone(1.0, channels=1)
    sound[1_000:1_003, 0] = np.nan, np.inf, 1e30
    samples = decoded(media.audio("wav", sound, subtype="FLOAT")).samples
    assert np.isfinite(samples).all()
    assert level_db(samples[8_000:]) == pytest.approx(level_db(sound[24_000:]), abs=0.1)


def test_same_bytes_same_samples() -> None:
    data = media.audio("mp3", media.tone(1.0))
    np.testing.assert_array_equal(decoded(data).samples, decoded(data).samples)


def test_the_declared_length_of_an_mp3_is_a_guess() -> None:
    """Of a file without a head that tells it, from the bit rate of its first frame: here silence, with sound behind."""
    frames = [
        media.mp3(np.zeros((48_000 * 8, 1), np.float32), bits_per_second=32_000),
        media.mp3(media.tone(8.0, channels=1), bits_per_second=320_000),
    ]
    limits = DecodeSettings(max_audio_seconds=30)
    assert decoded(b"".join(frames), limits).facts.duration_seconds == pytest.approx(16.0, abs=0.2)
    with pytest.raises(MediaTooLarge, match="longer than 15 seconds"):
        decode(b"".join(frames), DecodeSettings(max_audio_seconds=15))


@pytest.mark.parametrize("codec", ["ogg", "opus"])
def test_recordings_put_one_behind_the_other(codec: str) -> None:
    data = media.audio(codec, media.tone(3.0))
    with pytest.raises(UnsupportedFormat, match="several pieces"):
        decode(data + data, LIMITS)
