"""Groups form while another one is being committed, and fall apart when the database refuses them."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import IntegrityError

from api.group_commit import GroupCommit

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


async def _waiting(groups: GroupCommit[int, int], *items: int, key: str = "job") -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(groups.run(key, item)) for item in items]
    await asyncio.sleep(0)
    return tasks


def _let_all(committer: Committer) -> None:
    for _ in range(9):
        committer.permits.release()


async def test_those_that_wait_are_committed_together() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    tasks = await _waiting(groups, 1, 2, 3, 4)
    _let_all(committer)
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8]
    assert committer.groups == [[1], [2, 3, 4]]


async def test_keys_do_not_wait_for_each_other() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    tasks = [*await _waiting(groups, 1, key="a"), *await _waiting(groups, 2, key="b")]
    assert committer.groups == [[1], [2]]
    _let_all(committer)
    assert await asyncio.gather(*tasks) == [2, 4]


async def test_one_that_is_refused_harms_no_other() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    tasks = await _waiting(groups, 1, 2, -3, 4)
    _let_all(committer)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [results[0], results[1], results[3]] == [2, 4, 8]
    assert isinstance(results[2], IntegrityError)
    assert committer.groups == [[1], [2, -3, 4], [2], [-3], [4]]


async def test_who_is_cancelled_while_it_waits_is_left_out() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    first, second, third = await _waiting(groups, 1, 2, 3)
    second.cancel()
    await asyncio.sleep(0)
    _let_all(committer)
    assert await asyncio.gather(first, third) == [2, 6]
    assert committer.groups == [[1], [3]]


async def test_who_leads_and_is_cancelled_leaves_the_others_to_themselves() -> None:
    committer = Committer()
    groups = GroupCommit(committer.commit)
    first, second, third, fourth = await _waiting(groups, 1, 2, 3, 4)
    committer.permits.release()
    await first
    await asyncio.sleep(0)
    assert committer.groups == [[1], [2, 3, 4]]
    second.cancel()
    await asyncio.sleep(0)
    _let_all(committer)
    assert await asyncio.gather(third, fourth) == [6, 8]
    assert committer.groups == [[1], [2, 3, 4], [3], [4]]
