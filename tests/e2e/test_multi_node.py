"""Two Ray nodes on this machine, of which one is killed in the middle of the work: nothing is lost.

`scripts/bench/cluster.py` is the same at length, on three nodes and across network namespaces; docs/deploying.md has
what it found.
"""

import asyncio

import pytest

from scripts.bench.cluster import LIGHT_MODELS, Outcome, Plan, measure, running

pytestmark = pytest.mark.slow

PLAN = Plan(nodes=2, submissions=60, per_second=3.0, namespaces=False)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    with running(PLAN) as (nodes, stack):
        return asyncio.run(measure(nodes, stack, PLAN))


def test_replicas_are_spread(outcome: Outcome) -> None:
    for replicas in outcome.replicas:
        assert {*LIGHT_MODELS, "scorer", "api", "background"} <= set(replicas)


def test_nothing_is_lost_and_nothing_paid_twice(outcome: Outcome) -> None:
    assert outcome.statuses == {"approved": PLAN.submissions}
    assert outcome.ledger == []


def test_it_goes_on_without_the_node(outcome: Outcome) -> None:
    """How fast is the benchmark's to say: other work on the machine would decide it here."""
    assert outcome.victim == 1
    assert 0 < outcome.recovered.longest_pause_seconds < 60
    assert outcome.recovered.longest_delay_seconds < 120
