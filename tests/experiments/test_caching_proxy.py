"""The cache is poisoned through a WebSocket, unless keys are fresh, or the proxy knows better."""

import http.client
import os
from collections.abc import Callable

import pytest

from tests.support.visit import missing
from tests.test_architecture import MODULES, reachable
from wslab import net
from wslab.errors import Error
from wslab.experiments.caching_proxy import Attack, people, run
from wslab.experiments.caching_proxy.odds import KEYS, keys_that_make_a_request
from wslab.experiments.caching_proxy.people import EVIL, FAKE_REQUEST, HONEST, PATH, SITE
from wslab.experiments.caching_proxy.proxy import NaiveProxy, find_request
from wslab.experiments.hijack.browser import Chromium
from wslab.observe.dissect import dissect
from wslab.observe.fields import Item
from wslab.protocol.frames import encode_frame
from wslab.protocol.masking import mask
from wslab.protocol.rfc import Opcode, Role
from wslab.tcp_server import Peer, Server

pytestmark = pytest.mark.usefixtures("nothing_stays")

PROXY = "wslab.experiments.caching_proxy.proxy"


def numbers() -> Callable[[int], bytes]:
    """Bytes that are never the same twice, and always the same in each run."""
    row = iter(range(1, 10**6))
    return lambda size: (0x9E3779B1 * next(row) % 2**32).to_bytes(4, "big")[:size]


# ------------------------------------------------------------ the claim


def test_without_a_mask_and_with_a_constant_one_the_victim_gets_the_attackers_script() -> None:
    result = run(trials=1)
    for attack in (result.unmasked, result.constant):
        assert (attack.poisoned, attack.trials) == (1, 1)
        assert attack.got == EVIL


def test_with_fresh_keys_no_victim_ever_does() -> None:
    fresh = run(trials=60).fresh
    assert (fresh.poisoned, fresh.trials) == (0, 60)
    assert fresh.got == HONEST
    assert fresh.fakes == ()


def test_a_proxy_that_knows_upgrade_is_not_poisoned_whatever_the_mask() -> None:
    """The control: same attack, same frames, and only the proxy has learned what 101 means."""
    result = run(trials=2, knows_upgrade=True)
    assert result.posted.got == HONEST
    for attack in result.attacks:
        assert attack.poisoned == 0
        assert attack.got == HONEST
        assert [taken.path for taken in attack.taken] == ["/"]  # the handshake, and nothing else


def test_the_same_bytes_in_a_post_are_no_attack() -> None:
    posted = run(trials=1).posted
    assert (posted.poisoned, posted.got) == (0, HONEST)
    assert the_stream(posted).endswith(b"\r\n\r\n" + FAKE_REQUEST)
    assert [taken.raw.split()[0] for taken in posted.taken] == [b"POST"]


def test_keys_that_repeat_are_as_bad_as_one_constant_key() -> None:
    """The control for the fresh keys: the same code, but ``random`` is not random."""
    fresh = run(trials=3, random=lambda size: b"\x37\xfa\x21\x3d"[:size]).fresh
    assert (fresh.poisoned, fresh.trials) == (3, 3)


def test_keys_that_only_never_repeat_are_safe_in_this_attack() -> None:
    """Fresh is what this page cannot beat; that a page must not foretell them is §10.3 as well."""
    assert run(trials=5, random=numbers()).fresh.poisoned == 0


# ------------------------------------------------------------ why a form can't do this

FAKES = 2 * people.answer(EVIL)
UPGRADE = b"GET / HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
AGREED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
FRAME = b"\x82" + bytes([len(FAKE_REQUEST)]) + FAKE_REQUEST  # not masked


def through_a_proxy(
    talk: list[tuple[bytes, bytes]], *, knows_upgrade: bool = False, piece: int = 10**6
) -> tuple[bytes, bytes]:
    """What an attacker's client heard last, and what the victim gets then.

    The client sends the first bytes of each pair, the attacker's server answers with the second.
    """

    def server(peer: Peer) -> None:
        for says, answers in talk:
            missing = len(says)
            while missing > 0:
                if not (data := peer.sock.recv(missing)):
                    return
                missing -= len(data)
            peer.sock.sendall(answers)

    with (
        Server(server) as evil,
        Server(people.site) as honest,
        NaiveProxy(knows_upgrade=knows_upgrade) as proxy,
    ):
        with net.connect(*proxy.in_front_of(evil.address), timeout=people.TIMEOUT) as sock:
            for says, answers in talk:
                for start in range(0, len(says), piece):
                    sock.sendall(says[start : start + piece])
                heard = b""
                while len(heard) < len(answers) and (data := sock.recv(4096)):
                    heard += data
        return heard, people.victim(proxy.in_front_of(honest.address))


def request(start: str, *fields: str, body: bytes = FAKE_REQUEST) -> bytes:
    lines = [f"{start} HTTP/1.1", "Host: attacker.example", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


N = f"Content-Length: {len(FAKE_REQUEST)}"
BODIES = {
    "a POST": request("POST /", N),
    "a method of one's own": request("INVENTED /", N),
    "a method in small letters": request("post /", N),
    "a GET with a body": request("GET /", N),
    "small letters, spaces": request("POST /", f"content-length:  {len(FAKE_REQUEST)} "),
    "the same length twice": request("POST /", N, N),
    "a second body": request("POST /", "Content-Length: 2", body=b"hi") + request("PUT /", N),
    "a longer body": request("POST /", "Content-Length: 80047", body=b"." * 80_000 + FAKE_REQUEST),
    "a body that ends in a half": request("POST /", "Content-Length: 9", body=FAKE_REQUEST[:9]),
}


@pytest.mark.parametrize("knows_upgrade", [False, True])
@pytest.mark.parametrize("name", BODIES)
def test_a_request_in_a_body_poisons_nothing(name: str, knows_upgrade: bool) -> None:
    """The control for all attacks above: any page may send these bytes, and it's no use."""
    for piece in (10**6, max(11, len(BODIES[name]) // 100)):
        talk = [(BODIES[name], FAKES)]
        heard, got = through_a_proxy(talk, knows_upgrade=knows_upgrade, piece=piece)
        assert (heard, got) == (FAKES, HONEST)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (FAKE_REQUEST, "no request before it"),
        (request("POST /", "Content-Length: 0"), "a length that is a lie"),
        (request("POST /", "X-Content-Length: 47"), "no length at all"),
    ],
)
def test_the_same_bytes_poison_where_a_request_may_begin(data: bytes, why: str) -> None:
    """The control for the bodies: only a program may send this, and it does harm."""
    assert through_a_proxy([(data, FAKES)]) == (FAKES, EVIL), why


@pytest.mark.parametrize(
    "data",
    [
        request("POST /", "Transfer-Encoding: chunked"),
        request("POST /", "Transfer-Encoding: chunked", N),
        request("POST /", N, "Content-Length: 0"),
        request("POST /", "Content-Length: 0, 47"),
        request("POST /", "Content-Length: +0"),
        request("POST /", "Content-Length: -1"),
        request("POST /", "Content-Length: " + "9" * 5000),
        request("POST /", "Content-Length : 0"),
        request("POST /", "No colon"),
        request("POST /" + "a" * 20_000, N),
        request("POST /", "X-Long: " + "a" * 20_000, N),
    ],
    ids=lambda data: data[:60].decode(),
)
def test_a_request_whose_end_is_in_doubt_is_refused(data: bytes) -> None:
    heard, got = through_a_proxy([(data, FAKES)])
    assert heard.startswith(b"HTTP/1.1 400 ")
    assert got == HONEST


@pytest.mark.parametrize(
    "before",
    [
        [],
        [(request("HEAD /", body=b""), b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")],
        [(request("GET /a", body=b""), b"HTTP/1.1 304 N\r\nContent-Length: 999\r\n\r\n")],
        [(request("POST /a", N), b"HTTP/1.1 204 No Content\r\n\r\n")],
    ],
)
@pytest.mark.parametrize("hint", [b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"])
def test_whatever_came_before_only_the_101_counts(
    before: list[tuple[bytes, bytes]], hint: bytes
) -> None:
    talk = [*before, (UPGRADE, hint + AGREED), (FRAME, FAKES)]
    assert through_a_proxy(talk) == (FAKES, EVIL)
    assert through_a_proxy(talk, knows_upgrade=True) == (FAKES, HONEST)


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("knows_upgrade", [False, True])
def test_a_real_browsers_posts_poison_nothing(knows_upgrade: bool) -> None:
    """And it corrects a page that lies about the length of a body."""
    try:
        visitor = Chromium()
    except Error as trouble:
        missing(str(trouble))
    with (
        visitor,
        Server(people.attackers_web_server) as evil,
        Server(people.site) as honest,
        NaiveProxy(knows_upgrade=knows_upgrade) as proxy,
    ):
        host, port = proxy.in_front_of(evil.address)
        visitor.read(f"http://{host}:{port}/")
        posts = [taken.raw for taken in proxy.taken if not taken.raw.startswith(b"GET / ")]
        got = people.victim(proxy.in_front_of(honest.address))
    assert [post.split()[0] for post in posts] == [*[b"POST"] * 4, b"INVENTED"]
    for post in posts:
        assert f"\r\nHost: {host}:{port}\r\n".encode() in post
        assert b"\r\nUpgrade:" not in post
        assert f"\r\n{N}\r\n".encode() in post
        assert b"Transfer-Encoding" not in post
    assert got == HONEST


# ------------------------------------------------------------ what the recording shows


def the_stream(attack: Attack) -> bytes:
    return attack.recording.stream(Role.CLIENT)


def frames_of_the_page(attack: Attack) -> list[Item]:
    """All behind the opening handshake: frame header, masking key, payload."""
    return [item for item in dissect(attack.recording) if item.sender is Role.CLIENT][1:]


def test_the_recording_shows_which_bytes_the_proxy_took_for_a_request() -> None:
    result = run(trials=1)
    for attack in (result.unmasked, result.constant):
        handshake, fake = attack.taken
        stream = the_stream(attack)
        assert (handshake.start, handshake.site, handshake.path) == (0, "attacker.example", "/")
        assert stream[handshake.start : handshake.stop].startswith(b"GET / HTTP/1.1\r\n")
        assert (fake.site, fake.path, fake.raw) == (SITE, PATH, FAKE_REQUEST)
        assert stream[fake.start : fake.stop] == FAKE_REQUEST
        assert stream[attack.frame_start :] == attack.frame
        # It is the payload of the frame, from the first byte to the last.
        assert fake.start == attack.frame_start + (2 if attack is result.unmasked else 6)
        assert fake.stop == attack.frame_start + len(attack.frame)


def test_what_the_page_gave_to_its_browser_was_no_request_when_the_key_was_constant() -> None:
    """The key turns it into one: masking twice gives the data back."""
    constant = run(trials=1).constant
    hello, fake = frames_of_the_page(constant)
    keys = [item.fields[1].raw for item in (hello, fake)]
    assert keys[0] == keys[1]
    given = mask(fake.fields[2].raw, keys[1])
    assert fake.fields[2].raw == FAKE_REQUEST
    assert find_request(given) is None


def test_with_fresh_keys_every_frame_has_its_own_and_nothing_reads_like_http() -> None:
    fresh = run(trials=1).fresh
    first, second = (item.fields[1].raw for item in frames_of_the_page(fresh))
    assert first != second
    assert b"HTTP" not in the_stream(fresh)[fresh.frame_start :]


def test_the_answer_to_the_fake_request_is_no_frame_and_ends_the_websocket_but_too_late() -> None:
    unmasked = run(trials=1).unmasked
    answer = people.answer(EVIL)
    assert unmasked.recording.stream(Role.SERVER).endswith(answer)
    refused = [item for item in dissect(unmasked.recording) if item.sender is Role.SERVER][2]
    assert "1002" in refused.summary


# ------------------------------------------------------------ how likely it is


def test_one_key_of_all_would_do_and_the_odds_say_so() -> None:
    result = run(trials=1)
    assert len(result.keys) == 1
    assert result.odds == 1 / KEYS == 2**-32
    hello, _ = frames_of_the_page(result.fresh)
    assert result.keys[0] == hello.fields[1].raw  # the one that the page had to bet on


def test_the_few_keys_that_are_tried_stand_for_all_of_them() -> None:
    """A slice of them, tried one by one: the first half of the key is right, the second all."""
    payload = mask(FAKE_REQUEST, b"key!")
    assert keys_that_make_a_request(payload) == (b"key!",)
    for low in range(2**16):
        key = b"ke" + low.to_bytes(2, "big")
        assert bool(find_request(encode_frame(2, payload, key))) is (key == b"key!")


def test_a_page_may_put_many_guesses_into_one_frame() -> None:
    guesses = [b"abcd", b"1234"]
    # Each request stands at a multiple of four, so that each is masked from the key's first byte.
    room = len(FAKE_REQUEST) + -len(FAKE_REQUEST) % 4
    payload = b"".join(mask(FAKE_REQUEST, key).ljust(room, b".") for key in guesses)
    assert sorted(keys_that_make_a_request(payload)) == sorted(guesses)


def test_the_key_in_front_of_the_payload_may_be_the_beginning_of_the_request() -> None:
    """The proxy does not know that it is a key: "GET " on the wire, and the rest behind it."""
    payload = mask(FAKE_REQUEST[4:], b"GET ")
    assert keys_that_make_a_request(payload) == (b"GET ",)
    assert encode_frame(Opcode.BINARY, payload, b"GET ")[2:] == FAKE_REQUEST


def test_keys_are_not_counted_where_the_header_could_be_text() -> None:
    """18245 is "GE" in the two bytes of the length; with the key behind it that is a beginning."""
    assert encode_frame(Opcode.BINARY, bytes(18245), b"T /a")[2:8] == b"GET /a"
    with pytest.raises(ValueError, match="126 bytes are too many"):
        keys_that_make_a_request(bytes(126))


def test_no_key_makes_a_request_of_what_is_too_short() -> None:
    assert keys_that_make_a_request(b"") == keys_that_make_a_request(b"hello") == ()


# ------------------------------------------------------------ the proxy, alone


def test_the_proxy_knows_no_websocket() -> None:
    """Not one module of ours that does, on whatever way."""
    ways = reachable(PROXY)
    assert {"wslab.net", "wslab.tcp_server"} <= set(ways)
    assert [way for name, way in ways.items() if name.startswith("wslab.protocol")] == []
    code = MODULES[PROXY].read_text("utf-8").split('"""', 2)[2]
    assert "websocket" not in code.lower().replace("never heard of websocket", "")


def test_the_proxy_serves_the_second_client_from_its_cache() -> None:
    """What it is good for: the site is asked once."""
    asked = []

    def site(peer: object) -> None:
        asked.append(peer)
        people.site(peer)  # type: ignore[arg-type]

    with Server(site) as server, NaiveProxy() as proxy:
        door = proxy.in_front_of(server.address)
        assert people.victim(door) == people.victim(door) == HONEST
        assert [taken.from_cache for taken in proxy.taken] == [False, True]
        assert list(proxy.cache) == [(SITE, PATH)]


def test_the_proxy_keeps_sites_and_paths_apart() -> None:
    with Server(people.site) as server, NaiveProxy() as proxy:
        door = proxy.in_front_of(server.address)
        for host, path in [("a.example", "/1"), ("b.example", "/1"), ("a.example", "/2")]:
            connection = http.client.HTTPConnection(*door, timeout=people.TIMEOUT)
            connection.request("GET", path, headers={"Host": host})
            assert connection.getresponse().read() == HONEST
            connection.close()
        assert set(proxy.cache) == {("a.example", "/1"), ("b.example", "/1"), ("a.example", "/2")}


# ------------------------------------------------------------ as a program


def test_the_text_says_all_of_it_in_80_columns() -> None:
    text = str(run(trials=7))
    assert max(map(len, text.splitlines())) <= 80
    for words in (
        "fresh random keys       7         0",
        "POST, no WebSocket      1         0",
        "in a frame!",
        "2.3e-10",
        "202 GB",
    ):
        assert words in text, text


def test_an_interrupt_ends_everything() -> None:
    calls = []

    def interrupted(size: int) -> bytes:
        calls.append(size)
        if len(calls) > 4:
            raise KeyboardInterrupt
        return os.urandom(size)

    with pytest.raises(KeyboardInterrupt):
        run(random=interrupted)


def test_no_trials_make_no_sense() -> None:
    with pytest.raises(ValueError, match="0 trials show nothing"):
        run(trials=0)
