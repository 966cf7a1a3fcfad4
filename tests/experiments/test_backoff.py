"""Later each time, and not all together: what that does for a server."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from wslab.experiments import backoff
from wslab.experiments.backoff import Herd, come_back, delays


def test_delays_double_up_to_a_cap() -> None:
    assert list(islice(delays(base=1, cap=60, jitter=False), 8)) == [1, 2, 4, 8, 16, 32, 60, 60]
    assert next(islice(delays(jitter=False), 100_000, None)) == backoff.CAP  # nothing overflows


def test_with_jitter_a_delay_is_anything_up_to_the_limit() -> None:
    half = delays(base=2, cap=60, random=lambda: 0.5)
    assert list(islice(half, 6)) == [1, 2, 4, 8, 16, 30]
    limits = list(islice(delays(jitter=False), 200))
    found = list(islice(delays(random=random.Random(6455).random), 200))
    assert all(0 <= delay <= limit for delay, limit in zip(found, limits, strict=True))
    assert len(set(found)) == 200
    late = found[10:]
    assert 25 < sum(late) / len(late) < 35  # on average, half of the cap


def test_the_first_delay_is_what_the_rfc_calls_reasonable() -> None:
    # §7.2.3: "a value chosen randomly between 0 and 5 seconds is a reasonable initial delay"
    firsts = [next(delays()) for _ in range(1000)]
    assert 0 <= min(firsts) < 1
    assert 4 < max(firsts) <= 5


@pytest.mark.parametrize(("base", "cap"), [(0, 60), (-1, 60), (61, 60)])
def test_delays_that_make_no_sense(base: float, cap: float) -> None:
    with pytest.raises(ValueError, match="base"):
        next(delays(base=base, cap=cap))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_herd_without_jitter_tramples_its_server_and_with_jitter_does_not(seed: int) -> None:
    found = backoff.run(seed=seed)
    without, with_jitter = found.without, found.with_jitter
    assert without.peak == without.clients == 1000
    assert with_jitter.peak < without.peak / 2
    assert with_jitter.back_after < without.back_after / 3
    assert with_jitter.attempts < without.attempts
    for herd in (without, with_jitter):
        assert sum(herd.per_second) == herd.attempts
        assert herd.back_after >= found.outage
        assert len(herd.per_second) == int(herd.back_after) + 1


def test_where_all_have_the_same_luck_jitter_does_not_help() -> None:
    """It is the difference between the clients that helps, not that the delays are shorter."""
    same = [random.Random(1).random for _ in range(100)]
    of_client = iter(same)
    herd = come_back(lambda: delays(random=next(of_client)), True, 100, 30.0, 10)
    assert _peak_of(herd) == 1.0
    chance = random.Random(1).random
    mixed = come_back(lambda: delays(random=chance), True, 100, 30.0, 10)
    assert _peak_of(mixed) < 0.5


def _peak_of(herd: Herd) -> float:
    return herd.peak / herd.clients


def test_chance_repeats_itself_with_a_seed_and_only_then() -> None:
    assert backoff.run(clients=50, seed=7) == backoff.run(clients=50, seed=7)
    assert backoff.run(clients=50, seed=7) != backoff.run(clients=50, seed=8)
    assert backoff.run(clients=50).without == backoff.run(clients=50).without


def test_nobody_has_to_come_twice_where_there_was_no_outage_and_is_room() -> None:
    found = backoff.run(clients=10, outage=0.0, capacity=10)
    assert found.without.attempts == found.with_jitter.attempts == 10


def test_it_prints_itself() -> None:
    text = str(backoff.run(seed=1))
    assert max(map(len, text.splitlines())) <= 80
    assert "1000" in text
    assert "with jitter" in text


@pytest.mark.parametrize("wrong", [{"clients": 0}, {"capacity": 0}, {"outage": -1}], ids=str)
def test_numbers_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="1 client or more"):
        backoff.run(**wrong)  # type: ignore[arg-type]
