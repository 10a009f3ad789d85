"""The pool that the modes share: grants come on the loop, later, and each once."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from weftwork.backends.local.bundles import CALLS, CallBundles
from weftwork.backends.local.hardware import Hardware
from weftwork.backends.local.machine import Machine
from weftwork.core.packing import Bundle, Grant
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import BackendSettings
from weftwork.engine.site import Site
from weftwork.tasks.resources import Resources
from weftwork.testing.clocks import JumpClock

HARDWARE = Hardware(present=8, affinity=(2, 3), quota=None, gpus=("0",), memory=8_000_000_000)


def machine(settings: BackendSettings | None = None) -> Machine:
    site = Site(settings or BackendSettings(), JumpClock(), SessionDirectory(Path("/nowhere")))
    return Machine(site, HARDWARE)


def on_loop(scenario: Callable[[Machine, list[Grant]], None]) -> list[str]:
    """Return which requests were granted in the turn after the scenario."""

    async def main() -> list[str]:
        grants: list[Grant] = []
        scenario(machine(), grants)
        assert grants == []
        turn = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(turn.set_result, None)
        await turn
        return [str(grant.key) for grant in grants]

    return asyncio.run(main())


def test_grants_come_in_a_later_turn_and_not_from_within_the_request() -> None:
    def scenario(pool: Machine, grants: list[Grant]) -> None:
        pool.request("a", Bundle(2), 0, grants.append)
        pool.request("b", Bundle(1), 0, grants.append)

    assert on_loop(scenario) == ["a"]


def test_what_was_withdrawn_is_not_granted() -> None:
    def scenario(pool: Machine, grants: list[Grant]) -> None:
        pool.request("a", Bundle(2), 0, grants.append)
        pool.request("b", Bundle(1), 0, grants.append)
        pool.withdraw("a")
        pool.withdraw("unknown")

    assert on_loop(scenario) == ["b"]


def test_a_request_withdrawn_by_the_grant_before_it_is_given_back() -> None:
    async def main() -> list[str]:
        pool, grants, done = machine(), list[Grant](), asyncio.Event()

        def granted(grant: Grant) -> None:
            grants.append(grant)
            done.set()

        pool.request("a", Bundle(1), 0, lambda _: pool.withdraw("b"))
        pool.request("b", Bundle(1), 0, grants.append)
        pool.request("c", Bundle(1), 0, granted)
        await done.wait()
        assert "has core" in pool.why("c")
        return [str(grant.key) for grant in grants]

    assert asyncio.run(main()) == ["c"]


def test_a_release_lets_the_next_one_in() -> None:
    async def main() -> None:
        pool, first, second = machine(), asyncio.Event(), asyncio.Event()
        pool.request("a", Bundle(2), 0, lambda _: first.set())
        pool.request("b", Bundle(2), 0, lambda _: second.set())
        await first.wait()
        assert pool.contended("a")
        assert pool.why("b").startswith("waits for 2 cores")
        pool.release("a")
        await second.wait()

    asyncio.run(main())


def test_impossible_requests_are_refused_by_a_sentence() -> None:
    pool = machine()
    assert pool.refuse(Resources(ranks=1000)) == "needs 1000 cores, this machine has 2 cores"
    assert "nodes=2" in str(pool.refuse(Resources(ranks=2, nodes=2)))
    assert "licence" in str(pool.refuse(Resources(limits={"licence": 1})))
    assert pool.refuse(Resources(ranks=2, gpus=1, memory="1 GB")) is None


def test_capacity_is_what_may_be_used_and_as_many_calls_as_the_user_said() -> None:
    assert machine().capacity == (capacity := machine(BackendSettings(workers=2)).capacity)
    assert (capacity.cores, capacity.gpus, capacity.workers) == (2, 1, 2)
    assert machine(BackendSettings(workers=7)).capacity.workers == 7


def test_more_workers_than_cores_share_them() -> None:
    assert CallBundles(2, None).of(None) == Bundle(1)
    assert CallBundles(2, 1).of(None) == Bundle(1, limits=((CALLS, 1),))
    assert CallBundles(2, 8).of(None) == Bundle(0, limits=((CALLS, 1),))
    wide = Resources(threads=2, limits={"licence": 1})
    assert CallBundles(2, 8).of(wide) == Bundle(2, limits=(("licence", 1), (CALLS, 1)))


def test_a_grant_that_cannot_be_used_takes_none_from_others() -> None:
    def fail(grant: Grant) -> None:
        raise LookupError(grant.key)

    def scenario(pool: Machine, grants: list[Grant]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        pool.request("a", Bundle(1), 0, fail)
        pool.request("b", Bundle(1), 0, grants.append)

    said: list[dict[str, object]] = []
    assert on_loop(scenario) == ["b"]
    assert [context["message"] for context in said] == ["a grant could not be used"]
