"""Groups form while another one is being committed, and fall apart when the database refuses them."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import IntegrityError

from api.group_commit import GroupCommit
from api.outage import DatabaseAway

pytestmark = pytest.mark.anyio


class Committer:
    """Doubles numbers, and refuses every group with a negative one."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.permits = asyncio.Semaphore(0)

    async def commit(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        await self.permits.acquire()
        if min(items) < 0:
            raise IntegrityError("INSERT", {}, Exception("refused"))
        return [2 * item for item in items]


async def _begun(groups: GroupCommit[int, int], *items: int, key: str = "job") -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(groups.run(key, item)) for item in items]
    await _turns()
    return tasks


async def _turns() -> None:
    """As many as it takes until everybody waits for a permit."""
    for _ in range(5):
        await asyncio.sleep(0)


def _let_all(committer: Committer) -> None:
    for _ in range(9):
        committer.permits.release()


async def test_those_that_wait_are_committed_together() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    tasks = [*await _begun(groups, 1), *await _begun(groups, 2, 3, 4)]
    _let_all(committer)
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8]
    assert committer.groups == [[1], [2, 3, 4]]


async def test_a_group_waits_for_those_that_are_coming() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit, gather_seconds=0.05, coming=lambda key: 3 if key == "job" else 0)
    tasks = [*await _begun(groups, 1), *await _begun(groups, 2)]
    alone = await _begun(groups, 3, key="another job")
    assert committer.groups == [[3]]
    _let_all(committer)
    assert await asyncio.gather(*tasks, *alone) == [2, 4, 6]
    assert committer.groups == [[3], [1, 2]]


async def test_a_group_that_all_have_come_to_does_not_wait() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit, gather_seconds=60, coming=lambda _: 2)
    tasks = await _begun(groups, 1, 2)
    _let_all(committer)
    assert await asyncio.gather(*tasks) == [2, 4]
    assert committer.groups == [[1, 2]]


async def test_who_is_cancelled_while_its_group_gathers_is_left_out() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit, gather_seconds=0.02, coming=lambda _: 9)
    (gone,) = await _begun(groups, 1)
    gone.cancel()
    await asyncio.sleep(0.05)
    assert committer.groups == []
    tasks = await _begun(groups, 2)
    _let_all(committer)
    assert await asyncio.gather(*tasks) == [4]


async def test_those_that_come_at_once_are_a_group() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    tasks = await _begun(groups, 1, 2, 3)
    _let_all(committer)
    assert await asyncio.gather(*tasks) == [2, 4, 6]
    assert committer.groups == [[1, 2, 3]]
    assert not groups._places, "a key without work is forgotten"


async def test_keys_do_not_wait_for_each_other() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    tasks = [*await _begun(groups, 1, key="a"), *await _begun(groups, 2, key="b")]
    assert committer.groups == [[1], [2]]
    _let_all(committer)
    assert await asyncio.gather(*tasks) == [2, 4]


async def test_one_that_is_refused_harms_no_other() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    tasks = [*await _begun(groups, 1), *await _begun(groups, 2, -3, 4)]
    _let_all(committer)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [results[0], results[1], results[3]] == [2, 4, 8]
    assert isinstance(results[2], IntegrityError)
    assert committer.groups == [[1], [2, -3, 4], [2], [-3], [4]]


async def test_a_database_that_is_away_is_away_for_all_and_asked_once() -> None:
    asked: list[Sequence[int]] = []

    async def away(items: Sequence[int]) -> list[int]:
        asked.append(items)
        raise DatabaseAway("restarting")

    tasks = await _begun(GroupCommit(away), 1, 2, 3)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [DatabaseAway] * 3
    assert asked == [[1, 2, 3]]


async def test_who_is_cancelled_while_it_waits_is_left_out() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    (first,) = await _begun(groups, 1)
    second, third = await _begun(groups, 2, 3)
    second.cancel()
    await _turns()
    _let_all(committer)
    assert await asyncio.gather(first, third) == [2, 6]
    assert committer.groups == [[1], [3]]


async def test_who_is_cancelled_while_it_is_committed_takes_no_other_along() -> None:
    """Theirs may be done already: to do it again would give a second slot."""
    committer = Committer()
    groups = GroupCommit(committer.commit)
    first, second, third = await _begun(groups, 1, 2, 3)
    first.cancel()
    await _turns()
    assert first.cancelled()
    _let_all(committer)
    assert await asyncio.gather(second, third) == [4, 6]
    assert committer.groups == [[1, 2, 3]]


async def test_the_end_waits_for_what_is_being_committed() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    (only,) = await _begun(groups, 1)
    only.cancel()
    ending = asyncio.create_task(groups.finish())
    await _turns()
    assert not ending.done()
    _let_all(committer)
    await ending
    await groups.finish()
