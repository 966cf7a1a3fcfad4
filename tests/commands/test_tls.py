"""``serve`` and ``connect`` with TLS: certificates in files, good ones and others."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.support.shell import address, running, sentence, trouble, wslab
from tests.support.visit import missing
from wslab import ws_echo


class Files:
    """Certificates in files, as a learner has them."""

    def __init__(self, folder: Path) -> None:
        try:
            import trustme
        except ImportError:
            missing("trustme is not installed")
        authority, other = trustme.CA(), trustme.CA()
        mine = authority.issue_cert("127.0.0.1")
        self.authority = str(folder / "authority.pem")
        self.cert = str(folder / "cert.pem")
        self.key = str(folder / "key.pem")
        self.both = str(folder / "both.pem")
        self.wrong_key = str(folder / "wrong.pem")
        self.text = str(folder / "notes.txt")
        authority.cert_pem.write_to_path(self.authority)
        mine.cert_chain_pems[0].write_to_path(self.cert)
        mine.private_key_pem.write_to_path(self.key)
        mine.private_key_and_cert_chain_pem.write_to_path(self.both)
        other.issue_cert("127.0.0.1").private_key_pem.write_to_path(self.wrong_key)
        Path(self.text).write_text("no certificate")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("tls"))


def test_certificates_that_cannot_be_used(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    def serve(*words: str) -> str:
        return trouble(capsys, "serve", "ws", *words)

    gone = files.cert + ".gone"
    assert f"Cannot read {gone}: No such file" in serve("--cert", gone)
    assert f"Cannot read {gone}: No such file" in serve("--cert", files.cert, "--key", gone)
    assert "does not hold a certificate and its key" in serve("--cert", files.cert)
    assert "no certificate with its key" in serve("--cert", files.cert, "--key", files.wrong_key)
    assert "no certificate with its key" in serve("--cert", files.text, "--key", files.key)
    assert serve("--key", files.key).startswith("wslab: --key needs --cert")


def test_tls_from_end_to_end(files: Files) -> None:
    """Trusted with the authority's file; refused, with one sentence, without."""
    with running("serve", "ws", "--cert", files.cert, "--key", files.key) as process:
        url = address(process, "wss")
        done = wslab("connect", url, "--cafile", files.authority, "--explain", stdin=b"Hello\n")
        assert (done.returncode, done.stdout) == (0, b"Hello\n")
        assert b"text 'Hello'" in done.stderr, "explained as it was before TLS"
        done = wslab("connect", url)
        assert (done.returncode, done.stdout) == (2, b"")
        assert "its certificate is not trusted" in sentence(done.stderr)
        done = wslab("connect", url.replace("wss", "ws"), "--timeout", "5")
        assert (done.returncode, done.stdout) == (2, b"")
        sentence(done.stderr)


def test_certificate_and_key_in_one_file(files: Files) -> None:
    with running("serve", "ws", "--cert", files.both) as process:
        context = ssl.create_default_context(cafile=files.authority)
        with ws_echo.connect(address(process, "wss"), ssl=context) as ws:
            assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]


def test_a_file_without_certificates(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    text = trouble(capsys, "connect", "wss://127.0.0.1:1", "--cafile", files.text)
    assert f"{files.text} holds no certificates in PEM" in text
