"""The formats that an export can have."""

from api.exports.archives import TarArchive, ZipArchive
from api.exports.coco import Coco
from api.exports.hugging_face import HuggingFace
from api.exports.jsonl import JsonLines
from api.exports.layouts import Format
from api.exports.webdataset import WebDataset
from pipeline.media import ContentType

_ALL: frozenset[ContentType] = frozenset({"image", "audio", "video"})
_PICTURES: frozenset[ContentType] = frozenset({"image"})

FORMATS = {
    "jsonl": Format("zip", "application/zip", _ALL, ZipArchive, JsonLines),
    "coco": Format("zip", "application/zip", _PICTURES, ZipArchive, Coco),
    "webdataset": Format("tar", "application/x-tar", _ALL, TarArchive, WebDataset),
    "hf": Format("zip", "application/zip", _ALL, ZipArchive, HuggingFace),
}
