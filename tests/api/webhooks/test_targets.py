"""Which URLs and addresses are refused, in every way of writing them."""

from ipaddress import ip_address

import pytest

from api.webhooks.targets import ForbiddenTarget, TargetPolicy
from configs.settings import WebhookSettings

STRICT = TargetPolicy.of(WebhookSettings())
PLAIN = TargetPolicy.of(WebhookSettings(allow_http=True))

FORBIDDEN_ADDRESSES = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254",
    "172.16.0.1", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::808:808", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:7f00:1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "100::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1", "2002:7f00:1::",
    "2002:a00:1::1", "2002:808:808::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "ff0e::1", "4000::1",
]  # fmt: skip
PUBLIC_ADDRESSES = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1",
    "::ffff:8.8.8.8", "64:ff9b::808:808",
]  # fmt: skip
FORBIDDEN_HOSTS = [
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1.", "2130706433", "0x7f000001", "0x7F.0x0.0.1",
    "017700000001", "0177.0.1", "127.1", "127.0.1", "0", "0x0", "3232235777", "0xa9fea9fe", "2852039166",
    "0251.0376.43518", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[2002:7f00:0001::]", "[fe80::1]", "[fe80::1%25eth0]", "[fd12:3456::1]", "[ff02::1]",
]  # fmt: skip
BAD_URLS = [
    "", "example.com/hook", "//example.com", "https://", "https:///hook", "ftp://example.com", "file:///etc/passwd",
    "gopher://example.com", "javascript:alert(1)", "http://example.com", "https://user@example.com",
    "https://user:secret@example.com", "https://@127.0.0.1@example.com", "https://example.com\\@127.0.0.1/",
    "https://example.com:0", "https://example.com:65536", "https://example.com:x", "https://exa mple.com",
    "https://exam\nple.com", "https://a..b", "https://.example.com", "https://-a.example.com", "https://%31%32%37.0.0.1",
    "https://１２７.0.0.1", "https://ⓛocalhost", "https://" + "a" * 64 + ".com", "https://[::1", "https://[v1.x]",
    "https://0177.0.0.1", "https://0251.0376.0251.0376",
    "https://" + ".".join(["a" * 60] * 5), "https://xn--/", "https://xn--a-ecp.ru", "https://xn--a/",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_special_addresses_are_forbidden(address):
    assert not STRICT.allows(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_addresses_are_allowed(address):
    assert STRICT.allows(ip_address(address))


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS)
def test_forbidden_hosts_are_refused_without_resolution(host):
    for port in ("", ":8443"):
        with pytest.raises(ForbiddenTarget, match="not allowed"):
            PLAIN.check(f"http://{host}{port}/hook")


@pytest.mark.parametrize("url", BAD_URLS)
def test_bad_urls_are_refused(url):
    with pytest.raises(ForbiddenTarget):
        STRICT.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com", "https://example.com.:444/a?b=c#d", "https://hooks_1.example.com/x", "https://8.8.8.8/",
        "https://[2606:4700:4700::1111]:9000/", "https://bücher.example/ä", "https://134744072/", "https://intranet/",
    ],
)  # fmt: skip
def test_names_and_public_addresses_pass(url):
    assert STRICT.check(url).scheme == "https"


def test_http_only_where_the_operator_allows_it():
    assert PLAIN.check("http://example.com/").scheme == "http"
    with pytest.raises(ForbiddenTarget, match="https"):
        STRICT.check("http://example.com/")


def test_allowed_networks_lift_the_ban():
    policy = TargetPolicy.of(WebhookSettings(allowed_networks=("127.0.0.0/8", "10.1.0.0/16", "fd00::/8")))
    for address in ("127.0.0.1", "10.1.2.3", "fd12::1", "::ffff:10.1.2.3"):
        assert policy.allows(ip_address(address))
    for address in ("10.2.0.1", "::1", "fe80::1", "192.168.0.1"):
        assert not policy.allows(ip_address(address))
    for host in ("127.1", "localhost", "[fd12::1]", "10.1.0.1"):
        policy.check(f"https://{host}/")
    with pytest.raises(ForbiddenTarget):
        policy.check("https://10.2.0.1/")


def test_a_network_that_is_none_is_told():
    with pytest.raises(ValueError, match="10"):
        TargetPolicy.of(WebhookSettings(allowed_networks=("10.0.0.1/8",)))
