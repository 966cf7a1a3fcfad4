"""The certificates of the experiments: one authority, and one version of TLS."""

from __future__ import annotations

import ssl

import pytest

import wslab
from tests.support.visit import missing
from wslab import ws_echo
from wslab.comparison.ways import Way, all_ways
from wslab.experiments.certificates import Certificates, certificates

pytestmark = pytest.mark.usefixtures("nothing_stays")


@pytest.fixture
def papers() -> Certificates:
    try:
        return certificates("127.0.0.1")
    except wslab.Error as trouble:
        missing(str(trouble))


def test_who_compares_and_who_eavesdrops_talk_to_the_same_server(papers: Certificates) -> None:
    (way,) = (way for way in all_ways() if way.name == "WebSocket over TLS")
    assert isinstance(way, Way)
    with way.serve() as server:
        with wslab.connect(server.url, ssl=papers.client) as ws:
            assert list(ws_echo.say(ws, ["Hello"])) == ["Hello"]
        # In TLS 1.2 a record has another size, so a measured one would be another too.
        old = ssl.create_default_context()
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(wslab.Error, match="TLS handshake failed"):
            wslab.connect(server.url, ssl=old)


def test_another_name_has_another_certificate_of_the_same_authority(papers: Certificates) -> None:
    other = certificates("bank.example")
    assert other.client.get_ca_certs() == papers.client.get_ca_certs()
    with (
        ws_echo.serve(ssl=papers.server) as server,
        pytest.raises(wslab.Error, match=r"bank\.example"),
    ):
        wslab.connect(server.url, ssl=other.client)
