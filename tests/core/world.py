"""A world that answers the scheduler late, twice, out of order, and with lies."""

from collections.abc import Callable

from core.draws import Draws, news
from core.oracle import (
    check_ends,
    check_order,
    ends_of_inputs,
    is_ending,
    is_impossible,
    may_start,
    needed_elsewhere,
    waits_for,
)
from weftwork.core import events as ev
from weftwork.core.commands import (
    Cancel,
    CloseGroup,
    Command,
    LookUp,
    Settle,
    StartTimer,
    Submit,
    TimerPurpose,
)
from weftwork.core.invariants import check
from weftwork.core.model import (
    ROOT,
    Attempt,
    Final,
    ItemId,
    NodeSpec,
    Settlement,
    TaskState,
)
from weftwork.core.scheduler import Scheduler


class World:
    """All that the scheduler asked for and was not answered yet.

    Args:
        draw: Decides everything.
        store: Whether the scheduler asks a store.
        items: How many will be added, two more at most.
    """

    def __init__(self, draw: Draws, *, store: bool, items: int = 12) -> None:
        self.draw = draw
        self.store = store
        self.items = items
        self.fuel = 12
        """How many cancellations, lies and early leaves may still happen."""
        self.scheduler = Scheduler(store=store)
        self.told: list[ev.Event] = []
        self.said: list[list[Command]] = []
        self.specs: dict[ItemId, NodeSpec] = {}
        self.ends: dict[ItemId, Settlement] = {}
        self.blocks: set[ItemId] = set()
        self.lookups: list[ItemId] = []
        self.held: list[Attempt] = []
        self.asked: list[Attempt] = []
        self.past: list[Attempt] = []
        self.timers: list[tuple[Attempt, TimerPurpose]] = []
        self.bodies: list[Attempt] = []
        """Runs of blocks that may still call tasks."""
        self.leaving: list[ItemId] = []
        """Groups whose CloseGroup is due."""
        self.has_left = False

    # What happens -----------------------------------------------------------------------------

    def live(self) -> None:
        """Let anything happen until nothing is due any more, then leave the engine."""
        while moves := self.moves():
            self.draw.pick(moves)()
        if not self.has_left:
            self.leave_engine()
        assert not self.scheduler.nodes, "items are stuck"
        assert not self.leaving, "groups were never closed"
        assert not self.scheduler.graph.heirs, "heirs of finished work"
        assert self.ends.keys() == self.specs.keys()

    def moves(self) -> list[Callable[[], None]]:
        """Return all that may happen next; the first always brings the end nearer."""
        busy = bool(self.scheduler.nodes)
        moves = [self.add] * 3 * (self.items > 0 and not (self.has_left and not self.bodies))
        moves += [self.answer_lookup] * 2 * bool(self.lookups)
        moves += [self.report] * 2 * bool(self.due())
        moves += [self.fire] * bool(self.timers)
        moves += [self.leave_body] * bool(self.bodies)
        moves += [self.start] * bool(self.held)
        if self.fuel and busy:
            moves += [self.cancel, self.gossip, self.leave_again, self.break_word]
            moves += [self.leave_engine] * (not self.has_left and self.items < 3)
        return moves

    def add(self) -> None:
        """Call one to three tasks at once, in a block that runs or in the engine."""
        groups = [body.item for body in self.bodies] + [ROOT] * (not self.has_left)
        group = self.draw.pick(groups)
        specs = [self.draw_spec(group) for _ in range(1 + self.draw.choose(3))]
        self.items -= len(specs)
        self.tell(ev.ItemsAdded(specs))

    def draw_spec(self, group: ItemId) -> NodeSpec:
        item = ItemId(len(self.specs) + 1)
        above = self.blocks_above(group)
        inputs = [
            other
            for other in self.draw.some(list(self.specs), 3)
            if not above & waits_for(self.scheduler, other)
        ]
        spec = NodeSpec(
            item,
            self.draw.policy(),
            group,
            tuple(i for i in inputs if i not in self.ends),
            tuple(self.final(i) for i in inputs if i in self.ends),
        )
        self.specs[item] = spec
        if self.draw.choose(4) == 0:
            self.blocks.add(item)
        return spec

    def blocks_above(self, group: ItemId) -> set[ItemId]:
        """Return those that wait for the members of the group: none of these may wait for them."""
        above: set[ItemId] = set()
        while (block := self.scheduler.graph.carrier(group)) is not None:
            above.add(block.item)
            group = block.group
        return above

    def final(self, item: ItemId) -> Final:
        end = self.ends[item]
        return Final(item, end.state, item if end.root is None else end.root)

    def answer_lookup(self) -> None:
        item = self.lookups.pop(self.draw.choose(len(self.lookups)))
        answer = self.draw.choose(5)
        if answer == 0:
            self.tell(ev.LookupHit(item))
        elif answer == 1:
            self.tell(ev.LookupMissed(item))
        else:
            busy = [node.item for node in self.scheduler.nodes.values() if node.attempt] * 3
            leader = self.draw.pick([*busy, *self.specs, ItemId(999)])
            if item not in waits_for(self.scheduler, leader) or leader == item:
                self.tell(ev.LookupJoined(item, leader))
            else:
                self.tell(ev.LookupMissed(item))

    def start(self) -> None:
        self.tell(ev.AttemptsStarted(self.draw.some(self.held, 3), at=0.0))

    def fire(self) -> None:
        attempt, purpose = self.timers.pop(self.draw.choose(len(self.timers)))
        self.tell(ev.TimerFired(attempt, purpose))

    def report(self) -> None:
        """Report the end of an attempt; that of a block only after its group was closed."""
        self.end(self.draw.pick(self.due()))

    def due(self) -> list[Attempt]:
        free = [attempt for attempt in self.held if attempt not in self.bodies]
        return [attempt for attempt in free if attempt.item not in self.leaving]

    def end(self, attempt: Attempt) -> None:
        self.held.remove(attempt)
        self.past.append(attempt)
        more = self.draw.some(self.due(), 1)
        kind = self.draw.choose(7)
        if kind > 3 and more:
            self.held.remove(more[0])
            self.past.append(more[0])
            self.tell(ev.AttemptsSucceeded([attempt, *more]))
        else:
            self.tell(news(attempt, kind))

    # What people do ---------------------------------------------------------------------------

    def cancel(self) -> None:
        self.fuel -= 1
        leaders = [node.item for node in self.scheduler.nodes.values() if node.work]
        items = [*self.draw.some(list(self.specs), 2), *self.draw.some(leaders, 1), ItemId(999)]
        self.tell(ev.CancelRequested(items, "enough"))

    def leave_body(self) -> None:
        body = self.bodies.pop(self.draw.choose(len(self.bodies)))
        self.leave(body.item, clean=self.draw.choose(2) == 0)

    def leave_again(self) -> None:
        self.fuel -= 1
        if self.leaving:
            self.leave(self.draw.pick(self.leaving), clean=False)

    def leave_engine(self) -> None:
        self.fuel -= 1
        self.has_left = True
        self.leave(ROOT, clean=self.draw.choose(2) == 0)

    def leave(self, group: ItemId, *, clean: bool) -> None:
        nodes = self.scheduler.nodes
        members = [n for n in nodes.values() if group in (n.group, ROOT)]
        inputs = {item: spec.inputs for item, spec in self.specs.items()}
        kept = needed_elsewhere(self.scheduler, group, inputs) if group else set[ItemId]()
        before = {node.item: node.state for node in members}
        if group not in self.leaving:
            self.leaving.append(group)
        self.tell(ev.GroupLeft(group, clean=clean, reason="left"))
        for node in members:
            if clean or node.item in kept:
                assert node.state is before[node.item], "a member ended that should go on"
                assert clean or node.group != group, "a kept member kept its owner"
            else:
                assert is_ending(node), "a member goes on that nobody else needs"

    # Lies -------------------------------------------------------------------------------------

    def gossip(self) -> None:
        """Repeat, or contradict, what was said of an attempt that is over or never was."""
        self.fuel -= 1
        unknown = [Attempt(ItemId(999), 1)] + [Attempt(item, 99) for item in self.specs]
        attempt = self.draw.pick([*self.past, *unknown])
        rumours: list[ev.Event] = [news(attempt, kind) for kind in range(5)]
        rumours += [ev.TimerFired(attempt, purpose) for purpose in TimerPurpose]
        rumours += [ev.LookupHit(ItemId(999)), ev.LookupMissed(ItemId(999))]
        lie = self.draw.pick([*rumours, ev.AttemptsStarted([attempt], at=0.0)])
        in_pause = isinstance(lie, ev.TimerFired) and self.scheduler.graph.carrier(attempt.item)
        if not in_pause:
            self.tell(lie)
            assert self.said[-1] == [], "old news had an effect"

    def break_word(self) -> None:
        """Report the end of a block whose group is open or not closed yet."""
        self.fuel -= 1
        if self.held:
            attempt = self.draw.pick(self.held)
            self.bodies = [body for body in self.bodies if body != attempt]
            self.end(attempt)

    # What the scheduler does ------------------------------------------------------------------

    def tell(self, event: ev.Event) -> None:
        before = set(self.ends)
        specs = event.specs if isinstance(event, ev.ItemsAdded) else ()
        added = {spec.item for spec in specs}
        commands = self.scheduler.handle(event)
        self.told.append(event)
        self.said.append(commands)
        check_order(commands)
        for command in commands:
            self.obey(command)
        check(self.scheduler)
        check_ends(self.specs, self.ends, set(self.ends) - before, added)
        for node in self.scheduler.nodes.values():
            if node.state is TaskState.WAITING:
                rule, ends = node.policy.rule, ends_of_inputs(self.specs[node.item], self.ends)
                assert not may_start(rule, ends), f"{node.item} waits for nothing"
                assert not is_impossible(rule, ends), f"{node.item} waits in vain"

    def obey(self, command: Command) -> None:
        match command:
            case Settle(settlements):
                for end in settlements:
                    assert end.item not in self.ends, "settled twice"
                    self.ends[end.item] = end
            case LookUp(items):
                self.lookups += map(self.begin, items)
            case Submit(attempts):
                self.held += map(self.accept, attempts)
            case Cancel(attempts):
                assert set(attempts) <= set(self.held), "cancelled what no backend holds"
                assert not set(attempts) & set(self.asked), "cancelled twice"
                self.asked += attempts
            case StartTimer(attempt, _, purpose):
                self.timers.append((attempt, purpose))
            case CloseGroup(group):
                self.leaving.remove(group)
                owned = [n for n in self.scheduler.nodes.values() if n.group == group]
                assert not owned, "closed with unfinished members"

    def accept(self, attempt: Attempt) -> Attempt:
        assert attempt not in self.held + self.past, "submitted twice"
        if not self.store or not self.specs[attempt.item].policy.lookup:
            self.begin(attempt.item)
        if attempt.item in self.blocks:
            self.bodies.append(attempt)
        return attempt

    def begin(self, item: ItemId) -> ItemId:
        assert item not in self.ends, "began after its end"
        spec = self.specs[item]
        ends = ends_of_inputs(spec, self.ends)
        assert may_start(spec.policy.rule, ends), "released against its rule"
        return item
