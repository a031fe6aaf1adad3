"""URLs of the local store and the header that names a download: what neither needs a store for."""

import re
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from api.storage import content_disposition
from api.storage_signing import BadSignature, Grant, UrlSigner

KEY = "uploads/org_1/job_1/sub_1/1"


class TestContentDisposition:
    @pytest.mark.parametrize(
        ("filename", "header"),
        [
            ("menu.jpeg", "attachment; filename=\"menu.jpeg\"; filename*=UTF-8''menu.jpeg"),
            ("Café ☕.png", "attachment; filename=\"Cafe .png\"; filename*=UTF-8''Caf%C3%A9%20%E2%98%95.png"),
            ('a"; x="b', "attachment; filename=\"a__ x__b\"; filename*=UTF-8''a_%3B%20x%3D_b"),
            ("a\r\nSet-Cookie: b", "attachment; filename=\"a__Set-Cookie_ b\"; filename*=UTF-8''a__Set-Cookie%3A%20b"),
            ("../../etc/passwd", "attachment; filename=\".._.._etc_passwd\"; filename*=UTF-8''.._.._etc_passwd"),
            ("＂／＼", f"attachment; filename=\"___\"; filename*=UTF-8''{quote('＂／＼')}"),
            ("\udc80", "attachment; filename=\"_\"; filename*=UTF-8''_"),
            ("", "attachment; filename=\"file\"; filename*=UTF-8''file"),
        ],
    )
    def test_any_name_is_safe_in_the_header(self, filename, header):
        assert content_disposition(filename, attachment=True) == header
        assert re.fullmatch(r"[\x20-\x7e]*", header)


class TestSigner:
    def test_a_grant_comes_back_from_its_url(self):
        signer = UrlSigner(b"k" * 32, "https://assay.example")
        grant = Grant("PUT", KEY, 4_000_000_000, 10, 5, "image/jpeg", None)
        url = urlsplit(signer.sign(grant))
        assert url.geturl().startswith(f"https://assay.example/v1/store/{KEY}?")
        assert signer.read("PUT", KEY, dict(parse_qsl(url.query))) == grant

    @pytest.mark.parametrize(
        "added", [{"max_bytes": "99"}, {"content_type": "image/jpeg\nx"}, {"signature": "ä"}, {"signature": ""}]
    )
    def test_nothing_can_be_added(self, added):
        signer = UrlSigner(b"k" * 32, "https://assay.example")
        query = dict(parse_qsl(urlsplit(signer.sign(Grant("GET", KEY, 4_000_000_000))).query))
        with pytest.raises(BadSignature):
            signer.read("GET", KEY, query | added)

    def test_another_key_signs_otherwise(self):
        query = dict(parse_qsl(urlsplit(UrlSigner(b"k" * 32, "").sign(Grant("GET", KEY, 4_000_000_000))).query))
        with pytest.raises(BadSignature):
            UrlSigner(b"K" * 32, "").read("GET", KEY, query)
