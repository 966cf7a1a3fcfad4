"""The kernel's counters of segments, and the model for systems that have none."""

from __future__ import annotations

import sys

import pytest

from wslab import net, tcp_echo
from wslab.observe.segments import MSS, SegmentModel, Segments, final_count, kernel_count

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts segments")


@linux
def test_the_kernel_counts_opening_bytes_and_end() -> None:
    with tcp_echo.serve() as server, tcp_echo.connect(server.url) as sock:
        opened = kernel_count(sock)
        assert opened is not None
        assert opened.segments == Segments(sent=2, received=1, data_sent=0)  # SYN, SYN+ACK, ACK
        assert not opened.ending
        assert list(tcp_echo.say(sock, [b"Hello", b"TCP"])) == [b"Hello", b"TCP"]
        talked = kernel_count(sock)
        assert talked is not None
        assert talked.segments.data_sent == 2
        assert talked.segments.received >= 3
        sock.shutdown(1)
        assert sock.recv(1) == b""
        ended = final_count(sock)
        assert ended is not None
        assert not ended.ending
        assert ended.segments.sent >= talked.segments.sent + 2  # FIN, ACK


@linux
def test_a_closed_socket_has_no_count() -> None:
    with tcp_echo.serve() as server:
        sock = net.connect(*server.address)
        sock.close()
        assert kernel_count(sock) is None


def test_other_systems_have_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    with tcp_echo.serve() as server, tcp_echo.connect(server.url) as sock:
        monkeypatch.setattr(sys, "platform", "elsewhere")
        assert kernel_count(sock) is None
        assert final_count(sock) is None


def test_the_model_counts_by_the_book() -> None:
    model = SegmentModel()
    assert model.segments == (2, 1, 0)  # SYN and ACK; SYN+ACK
    model.write(16)
    model.read(16)
    assert model.segments == (3, 2, 1)  # the answer acknowledges the question
    model.write(MSS + 1)
    assert model.segments == (5, 2, 3)  # two segments, which acknowledge the answer
    model.read(1)
    model.read(1)
    assert model.segments == (6, 4, 3)  # nothing to send in between: an acknowledgement alone
    model.end()
    assert model.segments == (8, 5, 3)
