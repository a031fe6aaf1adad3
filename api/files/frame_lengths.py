"""Where a frame of sound ends, in formats that do not say it elsewhere."""

_KILOBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KILOBITS_OF_LOW_RATES = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""By the header's index from 1 on; the second of MPEG-2 and 2.5."""


def mp3_frame_bytes(header: bytes) -> int:
    """Length of the frame of MPEG audio, layer III, that begins like this; 0 when none does.

    The fields are those of ISO/IEC 11172-3, 2.4.2.3, and ISO/IEC 13818-3, 2.4.2.3.

    Args:
        header: at least four bytes of it.
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return 0
    kilobits = (_KILOBITS if version == 3 else _KILOBITS_OF_LOW_RATES)[bitrate - 1]
    hertz = (44_100, 48_000, 32_000)[rate] >> {3: 0, 2: 1, 0: 2}[version]
    return (144_000 if version == 3 else 72_000) * kilobits // hertz + (header[2] >> 1 & 1)


def flac_frame_bytes(data: bytes) -> int:
    """Length of the frame that `data` begins with, and tags may follow; 0 when it has no end.

    The last two bytes of a frame are its CRC-16, which make that of the whole nought (RFC 9639, 9.3).
    """
    end = crc = 0
    for at, byte in enumerate(data, 1):
        crc = crc << 8 & 0xFFFF ^ _CRC_16[crc >> 8 ^ byte]
        if crc == 0:
            end = at
    return end


def _crc_16(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = crc << 1 ^ (0x8005 if crc & 0x8000 else 0)
    return crc & 0xFFFF


_CRC_16 = tuple(map(_crc_16, range(256)))
