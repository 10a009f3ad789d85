"""Bodies that are begun in the name of a parked task, which goes on with them if they wait."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context

from weftwork.backends.local.bodies import driven
from weftwork.backends.local.stand_in import StandIn

Body = Coroutine[object, object, object]


async def ended(body: Body) -> object:
    """Begin a body as the inline lane does, outside of any task, and return what it comes to."""
    loop = asyncio.get_running_loop()
    stand_in = StandIn(loop)
    end: asyncio.Future[object] = loop.create_future()

    async def finish(signal: object) -> None:
        try:
            end.set_result(await driven(body, Context(), signal))
        except BaseException as error:  # noqa: BLE001 - it is what the body came to
            end.set_result(error)

    def begin() -> None:
        assert stand_in.is_ready
        try:
            signal = stand_in.begin(body, Context())
        except StopIteration as result:
            end.set_result(result.value)
        else:
            stand_in.go_on(lambda: finish(signal))

    loop.call_soon(begin)
    try:
        return await end
    finally:
        await stand_in.close()


def outcome(body: Body) -> object:
    return asyncio.run(ended(body))


def test_a_body_has_one_task_before_and_after_it_waited() -> None:
    async def body() -> bool:
        before = asyncio.current_task()
        await asyncio.to_thread(int)
        return before is not None and before is asyncio.current_task()

    assert outcome(body()) is True


def test_a_body_that_never_waits_ends_where_it_began() -> None:
    async def body() -> str:
        return "at once"

    assert outcome(body()) == "at once"


def test_a_limit_within_a_body_ends_its_first_wait() -> None:
    async def body() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            me = asyncio.current_task()
            return f"limited, {me.cancelling() if me else None} requests left"
        return "free"

    assert outcome(body()) == "limited, 0 requests left"


def test_a_body_that_cancelled_itself_hears_it_once_at_its_first_wait() -> None:
    async def body() -> tuple[str, int]:
        me = asyncio.current_task()
        assert me is not None
        me.cancel("enough")
        heard = "nothing"
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            heard = str(error)
        requests = me.uncancel()
        await asyncio.to_thread(int)
        return heard, requests

    assert outcome(body()) == ("enough", 0)


def test_a_group_of_tasks_within_a_body_ends_with_the_first_failure() -> None:
    async def fail() -> None:
        raise ValueError("no")

    async def body() -> list[str]:
        heard: list[str] = []
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                await asyncio.Event().wait()
        except* ValueError as errors:
            heard = [str(error) for error in errors.exceptions]
        return heard

    assert outcome(body()) == ["no"]


def test_a_task_is_spoilt_for_others_by_a_body_that_cancels_it() -> None:
    async def scenario() -> bool:
        stand_in = StandIn(asyncio.get_running_loop())

        async def body() -> None:
            stand_in.task.cancel()

        done = asyncio.get_running_loop().create_future()

        def begin() -> None:
            try:
                stand_in.begin(body(), Context())
            except StopIteration:
                done.set_result(stand_in.is_spoilt)

        asyncio.get_running_loop().call_soon(begin)
        spoilt: bool = await done
        await stand_in.close()
        return spoilt

    assert asyncio.run(scenario())


def test_no_body_is_begun_within_another_task() -> None:
    async def scenario() -> bool:
        stand_in = StandIn(asyncio.get_running_loop())
        await asyncio.to_thread(int)
        ready = stand_in.is_ready
        await stand_in.close()
        return ready

    assert not asyncio.run(scenario())
