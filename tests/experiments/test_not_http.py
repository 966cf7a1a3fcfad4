"""After the handshake nothing is HTTP: each door says so to the wrong guest, and so do others'."""

import threading

import pytest

from tests.interop.servers import SERVERS, Other, TornadoServer, WebsocketsServer
from tests.support.peers import masked
from wslab import HandshakeError, tcp_echo, ws_echo
from wslab.experiments.not_http import Case, NotHttp, run
from wslab.experiments.not_http import case as cases
from wslab.experiments.not_http.matrix import run_matrix
from wslab.experiments.not_http.wrong_door import (
    HTTP_REQUEST,
    PlainPage,
    bits_of_the_first_letter,
    bytes_into_websocket_echo,
    frame_into_tcp_echo,
    http_into_websocket,
    upgrade_to_http,
)
from wslab.observe.dissect import dissect
from wslab.observe.recording import Recording
from wslab.protocol.handshake import accept_value
from wslab.protocol.rfc import Role

clean = pytest.mark.usefixtures("nothing_stays")


@pytest.fixture(scope="module")
def result() -> NotHttp:
    return run()


def sent_behind_the_handshake(case: Case, sender: Role = Role.CLIENT) -> bytes:
    return case.recording.stream(sender).partition(b"\r\n\r\n")[2]


# ------------------------------------------------------------ HTTP into an open WebSocket


def test_an_http_request_ends_an_open_websocket_with_1002(result: NotHttp) -> None:
    case = result.http_request
    assert sent_behind_the_handshake(case) == case.sent == HTTP_REQUEST
    assert case.code == 1002
    assert "RSV1 is set" in case.verdict
    assert case.answer[:4] == b"\x88\x2e" + (1002).to_bytes(2, "big")


def test_the_same_bytes_a_moment_earlier_are_answered_with_a_page(result: NotHttp) -> None:
    """The control: the request is good HTTP, on the same port, as long as HTTP is spoken there."""
    assert result.page.sent == result.http_request.sent
    assert result.page.code == 200
    assert b"<!DOCTYPE html>" in result.page.answer


def test_the_first_letter_is_read_bit_by_bit(result: NotHttp) -> None:
    assert {bits.label: bits.value for bits in result.bits} == {
        "FIN": 0, "RSV1": 1, "RSV2": 0, "RSV3": 0, "opcode": 7,
    }  # fmt: skip
    read = "".join(f"{bits.value:0{bits.size}b}" for bits in result.bits)
    assert int(read, 2) == ord("G") == 0x47


def test_a_frame_in_its_place_is_answered(result: NotHttp) -> None:
    """The control: it is not the bytes' being raw that ends the WebSocket."""
    case = result.matrix.client_masked
    assert case.answer.startswith(b"\x81\x05Hello")
    assert case.code == 1000


# What others do with it. RFC 6455 §7.1.7 leaves it open whether a Close frame says goodbye.
OTHERS = {WebsocketsServer: 1002, TornadoServer: 1006}


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: other.__name__)
def test_servers_of_others_fail_the_connection_too(other: type[Other]) -> None:
    assert other in SERVERS
    with other() as server:
        case = http_into_websocket((server.host, server.port))
    assert case.code == OTHERS[other], case
    if case.code == 1006:
        assert case.answer == b"", "tornado hangs up without a word"
    else:
        assert case.answer[2:4] == (1002).to_bytes(2, "big")
    bits = bits_of_the_first_letter(case)
    assert [b.value for b in bits] == [0, 1, 0, 0, 7]


@clean
def test_who_does_not_speak_websocket_gets_no_http_in_it() -> None:
    with tcp_echo.serve() as server, pytest.raises(HandshakeError):
        http_into_websocket(server.address)


# ------------------------------------------------------------ an upgrade to plain HTTP


def test_a_plain_http_server_answers_with_its_page_and_the_client_says_so(result: NotHttp) -> None:
    case = result.upgrade
    assert case.code == 200
    assert case.answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert case.answer.endswith(b"\r\n\r\na page")
    assert b"Sec-WebSocket" not in case.answer
    assert "200 OK instead of 101" in case.verdict


def test_it_is_asked_for_an_upgrade(result: NotHttp) -> None:
    assert b"\r\nUpgrade: websocket\r\n" in result.upgrade.sent
    assert b"\r\nSec-WebSocket-Key: " in result.upgrade.sent


def test_whoever_only_repeats_cannot_produce_the_accept_value(result: NotHttp) -> None:
    case = result.parrot
    assert case.answer.startswith(b"HTTP/1.1 101 ")
    assert b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" in case.answer
    assert case.verdict == "Sec-WebSocket-Accept is missing or does not fit our key"
    assert result.accept.encode() not in case.answer
    key = case.sent.partition(b"Sec-WebSocket-Key: ")[2].split(b"\r\n")[0]
    assert b"Sec-WebSocket-Accept: " + key in case.answer
    assert result.accept == accept_value(key.decode())


@clean
def test_with_the_right_accept_value_the_same_server_would_be_believed() -> None:
    """The control: what the client objects to is this one value."""

    class Knowing(PlainPage):
        name = "with the accept value"
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response_only(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.send_header(
                "Sec-WebSocket-Accept", accept_value(self.headers["Sec-WebSocket-Key"])
            )
            self.end_headers()
            self.close_connection = True

    assert upgrade_to_http(Knowing).verdict == "the WebSocket is open"


# ------------------------------------------------------------ WebSocket to the TCP echo


def test_the_tcp_echo_gives_a_frame_back_still_masked(result: NotHttp) -> None:
    case = result.frame
    assert case.answer == case.sent == masked(1, b"Hello")
    assert case.recording.stream(Role.SERVER).startswith(case.sent)
    assert case.code == 1002
    assert "a server masks no frame" in case.verdict
    server = [item for item in dissect(case.recording, opened=True) if item.sender is Role.SERVER]
    assert "refused, 1002" in server[0].summary


def test_a_whole_client_gets_its_own_request_back(result: NotHttp) -> None:
    assert result.client.answer == result.client.sent
    assert result.client.code == 0
    assert "is that an echo?" in result.client.verdict


# ------------------------------------------------------------ raw bytes to the WebSocket echo


def test_a_line_of_text_is_no_request(result: NotHttp) -> None:
    assert result.text.code == 400
    assert "'Hello, echo!' is not a request line" in result.text.answer.decode()


def test_bytes_without_an_end_of_line_are_waited_for_and_then_sent_away(result: NotHttp) -> None:
    assert result.silence.code == 408
    assert result.silence.sent == b"Hello"


@clean
def test_a_frame_without_a_handshake_is_no_end_of_line_either() -> None:
    case = bytes_into_websocket_echo(masked(1, b"Hello"), "a frame", patience=0.1)
    assert case.code == 408


# ------------------------------------------------------------ the matrix


def test_direction_times_mask(result: NotHttp) -> None:
    matrix = result.matrix
    assert matrix.client_masked.code == matrix.server_unmasked.code == 1000
    assert matrix.client_unmasked.code == matrix.server_masked.code == 1002
    assert "a client masks every frame" in matrix.client_unmasked.verdict
    assert "a server masks no frame" in matrix.server_masked.verdict


def test_the_1002_stands_on_the_wire_in_both_directions(result: NotHttp) -> None:
    """Not only in the program that noticed: the other side is told."""
    for case, who in (
        (result.matrix.client_unmasked, Role.SERVER),
        (result.matrix.server_masked, Role.CLIENT),
    ):
        frames = [item for item in dissect(case.recording) if item.sender is who]
        assert frames[-1].summary.startswith("close 1002"), frames
        assert frames[-1].raw == case.answer


def test_only_the_mask_differs_between_the_columns(result: NotHttp) -> None:
    matrix = result.matrix
    assert matrix.client_masked.sent == matrix.server_masked.sent == masked(1, b"Hello")
    assert matrix.client_unmasked.sent == matrix.server_unmasked.sent == b"\x81\x05Hello"
    assert sent_behind_the_handshake(matrix.client_unmasked).startswith(b"\x81\x05Hello")
    assert sent_behind_the_handshake(matrix.server_masked, Role.SERVER).startswith(b"\x81\x85")


# ------------------------------------------------------------ as a program


def test_the_text_says_all_of_it_in_80_columns(result: NotHttp) -> None:
    text = str(result)
    assert max(map(len, text.splitlines())) <= 80
    for words in ("'G' is 0x47", "opcode 0111", "HTTP/1.1 400", "refused with 1002"):
        assert words in text, text
    assert all(case.name in text for case in result.cases)


def test_each_recording_has_all_that_crossed(result: NotHttp) -> None:
    for case in result.cases:
        assert case.recording.cut == 0
        assert case.recording.stream(Role.CLIENT).endswith(case.sent)
        assert case.recording.stream(Role.SERVER).endswith(case.answer)


@clean
def test_it_can_run_twice_at_the_same_time(result: NotHttp) -> None:
    results: list[NotHttp] = []
    thread = threading.Thread(target=lambda: results.append(run()))
    thread.start()
    again = run()
    thread.join(30)
    for other in (again, *results):
        assert [case.code for case in other.cases] == [case.code for case in result.cases]
    assert len(results) == 1


@clean
def test_an_interrupt_ends_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(sock: object) -> bytes:
        raise KeyboardInterrupt

    for place in ("wrong_door", "matrix"):
        monkeypatch.setattr(f"wslab.experiments.not_http.{place}.read_to_end", interrupted)
    with pytest.raises(KeyboardInterrupt):
        http_into_websocket()
    with pytest.raises(KeyboardInterrupt):
        run_matrix()


@clean
def test_what_comes_back_is_not_what_was_sent_when_the_echo_is_no_echo() -> None:
    """The control for the echo: a frame to the *WebSocket* echo comes back without its mask."""
    with ws_echo.serve() as server, cases.dial_websocket(server.address, Recording()) as sock:
        sock.sendall(frame_into_tcp_echo().sent)
        assert tcp_echo.recv_exactly(sock, 7) == b"\x81\x05Hello"


def test_no_close_is_1006(result: NotHttp) -> None:
    assert cases.what_a_client_makes_of(b"") == (1006, "no Close came")
