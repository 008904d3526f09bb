"""Where webhooks may go: addresses of every special network are refused."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from succotash.domain.messages.webhooks import (
    WebhookRules,
    WebhookTarget,
    WebhookUrlError,
    is_public,
    signing_keys,
    webhook_headers,
)
from succotash.domain.values import MessageId
from succotash.errors import SettingsError
from succotash.infrastructure.webhooks import CheckedAddresses, resolved

USUAL = WebhookRules()
LOCAL = WebhookRules(loopback=True)

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - an address like others
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:0:808:808::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456:789a::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.20.0.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_of_a_special_network_is_not_called(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_may_be_called(address: str) -> None:
    assert is_public(ip_address(address))


BAD_URLS = [
    ("", "webhook_url"),
    ("hooks.example.com", "webhook_url"),
    ("http://hooks.example.com/", "webhook_url"),
    ("ftp://hooks.example.com/", "webhook_url"),
    ("file:///etc/passwd", "webhook_url"),
    ("https://", "webhook_url"),
    ("https:///path", "webhook_url"),
    ("https://ada@hooks.example.com/", "webhook_url"),
    ("https://ada:secret@hooks.example.com/", "webhook_url"),
    ("https://@hooks.example.com/", "webhook_url"),
    ("https://hooks.example.com\\@10.0.0.1/", "webhook_url"),
    ("https://hooks.example.com/a b", "webhook_url"),
    ("https://hooks.example.com/\r\nHost: x", "webhook_url"),
    ("https://hooks.ex\tample.com/", "webhook_url"),
    ("https://höks.example.com/", "webhook_url"),
    ("https://[fe80::1%25eth0]/", "webhook_url"),
    ("https://[::1/", "webhook_url"),
    ("https://hooks.example.com:0x1bb/", "webhook_url"),
    ("https://hooks.example.com:99999/", "webhook_url"),
    ("https://hooks.example.com:22/", "webhook_port"),
    ("https://hooks.example.com:80/", "webhook_port"),
    ("https://hooks.example.com/" + "x" * 2_000, "webhook_url"),
]


@pytest.mark.parametrize(("url", "code"), BAD_URLS)
def test_what_is_no_plain_https_address_is_refused(url: str, code: str) -> None:
    with pytest.raises(WebhookUrlError) as found:
        WebhookTarget.of(url, USUAL)
    assert found.value.violation.code == code


def test_an_address_is_taken_apart_once() -> None:
    target = WebhookTarget.of("https://Hooks.Example.com./a/b?c=d#e", USUAL)
    assert (target.host, target.port, target.path) == ("hooks.example.com", 443, "/a/b?c=d")
    assert target.host_header == "hooks.example.com"
    allowed = WebhookRules(frozenset({443, 8443}))
    other = WebhookTarget.of("https://[2606:4700::1]:8443", allowed)
    assert (other.host_header, other.path) == ("[2606:4700::1]:8443", "/")


@pytest.mark.parametrize(
    "written",
    ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]"],
)
def test_this_machine_is_recognised_however_it_is_written(written: str) -> None:
    violation = CheckedAddresses(USUAL).violation(f"https://{written}/")
    assert violation is not None
    assert violation.code == "private_address"


def answering(*addresses: str) -> CheckedAddresses:
    def resolve(host: str, port: int) -> Sequence[IPv4Address | IPv6Address]:
        assert (host, port) == ("hooks.example.com", 443)
        return [ip_address(each) for each in addresses]

    return CheckedAddresses(USUAL, resolve)


def test_one_private_address_among_several_is_enough_to_refuse_a_host() -> None:
    url = "https://hooks.example.com/"
    assert answering("1.1.1.1", "2606:4700::1").violation(url) is None
    for private in ("10.0.0.1", "fd00:ec2::254"):
        violation = answering("1.1.1.1", private).violation(url)
        assert violation is not None
        assert violation.code == "private_address"
    none = answering().violation(url)
    assert none is not None
    assert none.code == "unknown_host"


def test_only_this_machine_may_be_called_by_http_and_at_odd_ports_where_that_is_allowed() -> None:
    checked = CheckedAddresses(LOCAL)
    assert checked.violation("http://127.0.0.1:8080/hook") is None
    assert checked.violation("https://[::1]:8443/hook") is None
    for url in ("http://1.1.1.1/", "https://1.1.1.1:8443/", "http://10.0.0.1/", "https://10.0.0.1"):
        violation = checked.violation(url)
        assert violation is not None, url
        assert violation.code == "private_address"


def test_a_host_has_each_address_once() -> None:
    assert resolved("127.0.0.1", 443) == [ip_address("127.0.0.1")]


def test_every_secret_signs_as_the_scheme_says() -> None:
    # The example of the scheme's own libraries.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    [key] = signing_keys(secret)
    headers = webhook_headers(MessageId("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, body, [key])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    both = signing_keys(f"{secret},whsec_{'A' * 44}")
    signatures = webhook_headers(MessageId("m"), 1, body, both)["webhook-signature"].split(" ")
    assert len({*signatures}) == 2
    assert all(each.startswith("v1,") for each in signatures)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_!!!!", "a,b"],
)
def test_what_is_no_secret_of_the_scheme_is_refused(secret: str) -> None:
    with pytest.raises(SettingsError):
        signing_keys(secret)
