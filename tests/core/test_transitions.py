"""The table of allowed changes is exactly what happens: no more and no less."""

import random

import pytest

from core.draws import Draws
from core.story import A, B, Story, nth, repeats, spec, story
from core.world import World
from weftwork.core import events as ev
from weftwork.core.commands import TimerPurpose
from weftwork.core.graph import Graph
from weftwork.core.model import ALLOWED, FINAL, Policy, TaskState
from weftwork.core.node import Node
from weftwork.errors import InternalError

Change = tuple[TaskState, TaskState]
T = TaskState
EVERY = sorted(((old, new) for old, news in ALLOWED.items() for new in news), key=str)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> dict[Change, int]:
    """Return the changes of state as they happen, counted."""
    seen: dict[Change, int] = {}
    move = Graph.move

    def watch(graph: Graph, node: Node, state: TaskState) -> None:
        change = (node.state, state)
        seen[change] = seen.get(change, 0) + 1
        move(graph, node, state)

    monkeypatch.setattr(Graph, "move", watch)
    return seen


def taken_over(*news: ev.Event) -> Story:
    """A does the work that B has joined, hears the news and is cancelled."""
    s = story(store=True)
    s.add(spec(A, policy=repeats(1, wait=1.0)), spec(B))
    s.tell(ev.LookupMissed(A), ev.LookupJoined(B, A), *news, ev.CancelRequested([A]))
    return s


STARTED = ev.AttemptsStarted([nth(A)], at=0.0)
OVERRUN = ev.TimerFired(nth(A), TimerPurpose.TIMEOUT)
FAILED = ev.AttemptFailed(nth(A), at=0.0)


@pytest.mark.parametrize(
    ("news", "state"),
    [
        ((), T.QUEUED),
        ((STARTED,), T.RUNNING),
        ((FAILED,), T.BACKOFF),
        ((STARTED, OVERRUN), T.CANCELLING),
    ],
)
def test_an_item_in_lookup_takes_over_work_in_any_state(
    seen: dict[Change, int], news: tuple[ev.Event, ...], state: TaskState
) -> None:
    assert taken_over(*news).state(B) is state
    assert seen[T.LOOKUP, state]
    assert seen[state, T.CANCELLED]


def test_every_allowed_change_happens_and_no_other(seen: dict[Change, int]) -> None:
    for news in ((), (STARTED,), (FAILED,), (STARTED, OVERRUN)):
        taken_over(*news)
    for seed in range(150):
        World(Draws(random.Random(seed).randrange), store=seed % 2 == 0).live()  # noqa: S311
    assert sorted(seen, key=str) == EVERY


def test_final_states_are_those_that_nothing_follows() -> None:
    assert {state for state, following in ALLOWED.items() if not following} == FINAL
    assert set(ALLOWED) == set(TaskState)


def test_a_change_that_is_not_allowed_is_refused() -> None:
    graph = Graph(store=False)
    graph.add(spec(A, policy=Policy()))
    with pytest.raises(InternalError, match="item 1 went from QUEUED to SKIPPED"):
        graph.move(graph.nodes[A], T.SKIPPED)
