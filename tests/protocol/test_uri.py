"""A URL taken apart (§3), and one clear sentence for each that cannot be used."""

import pytest

from wslab.protocol.uri import Address, URLError, parse_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("ws://example.org", ("ws", "example.org", 80, "/")),
        ("wss://example.org", ("wss", "example.org", 443, "/")),
        ("ws://127.0.0.1:15000/", ("ws", "127.0.0.1", 15000, "/")),
        ("WS://Example.ORG/Path", ("ws", "example.org", 80, "/Path")),
        ("ws://[::1]:15000/a", ("ws", "::1", 15000, "/a")),
        ("ws://h/a/b?c=d&e=/?f", ("ws", "h", 80, "/a/b?c=d&e=/?f")),
        ("ws://h?q", ("ws", "h", 80, "/?q")),
        ("ws://h/%20%23", ("ws", "h", 80, "/%20%23")),
        ("ws://h/grüße?ä=€", ("ws", "h", 80, "/gr%C3%BC%C3%9Fe?%C3%A4=%E2%82%AC")),
        ("ws://bücher.example/", ("ws", "xn--bcher-kva.example", 80, "/")),
    ],
)
def test_good_urls(url: str, address: tuple[str, str, int, str]) -> None:
    assert parse_url(url) == Address(*address)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "should begin with ws:// or wss://"),
        ("http://h/", "should begin with ws:// or wss://"),
        ("example.org", "should begin with ws:// or wss://"),
        ("ws:///path", "names no host"),
        ("ws://:80/", "names no host"),
        ("ws://h:0/", "names no usable port"),
        ("ws://h:65536/", "is not a usable URL"),
        ("ws://h:x/", "is not a usable URL"),
        ("ws://[::1/", "is not a usable URL"),
        ("ws://h/a b", "has a space or a control character"),
        ("ws://h/a\r\nHost: evil", "has a space or a control character"),
        ("ws://h/\x00", "has a space or a control character"),
        ("ws://h/\ud800", "has a space or a control character"),
        ("ws://h/#top", "has a fragment"),
        ("ws://h/#", "has a fragment"),
        ("ws://me@h/", "has a user name in it"),
        ("ws://me:secret@h/", "has a user name in it"),
        ("ws://" + 70 * "ü" + "/", "has a host name that cannot be looked up"),
    ],
)
def test_bad_urls(url: str, text: str) -> None:
    with pytest.raises(URLError, match=text) as caught:
        parse_url(url)
    assert str(caught.value).startswith(repr(url))  # the user sees what was read


def test_other_schemes() -> None:
    assert parse_url("tcp://h:7", schemes=("tcp",)) == Address("tcp", "h", 7, "/")
    with pytest.raises(URLError, match=r"for example ws://\[::1\]:15000"):
        parse_url("ws://[::1]:0/")
    with pytest.raises(URLError, match=r"names no usable port; write for example tcp://h:15000"):
        parse_url("tcp://h", schemes=("tcp",))


@pytest.mark.parametrize(
    ("url", "host", "text"),
    [
        ("ws://h:80/", "h", "ws://h/"),
        ("wss://h:80/", "h:80", "wss://h:80/"),
        ("wss://h:443/x", "h", "wss://h/x"),
        ("ws://[::1]/", "[::1]", "ws://[::1]/"),
        ("ws://[::1]:443/", "[::1]:443", "ws://[::1]:443/"),
    ],
)
def test_the_host_header_field_and_the_url_again(url: str, host: str, text: str) -> None:
    address = parse_url(url)
    assert address.host_and_port == host
    assert str(address) == text
    assert parse_url(text) == address
    assert address.secure == url.startswith("wss")
