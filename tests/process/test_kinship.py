"""Whose offspring a process is, told from what it cannot shed."""

from dataclasses import dataclass, field

from weftwork.process.supervisor.kinship import Census, Kinship, Tree
from weftwork.process.supervisor.processes import Process

ME = 100


def tree(token: str, pid: int, *, cwd: bytes | None = None, foreign: bool = False) -> Tree:
    made = Tree(token, f"engine:{token}".encode(), pid, cwd, foreign=foreign)
    made.born = pid
    return made


def process(pid: int, parent: int, *, session: int = 0, start: int | None = None) -> Process:
    session = session or pid
    return Process(pid, parent, session, session, pid if start is None else start, stopped=False)


@dataclass
class World:
    """Two trees, A at 200 and B at 300, and whatever else is said."""

    a: Tree = field(default_factory=lambda: tree("a", 200, cwd=b"/work/a"))
    b: Tree = field(default_factory=lambda: tree("b", 300, cwd=b"/work/b"))
    marks: dict[int, bytes] = field(default_factory=dict[int, bytes])
    places: dict[int, bytes] = field(default_factory=dict[int, bytes])
    trees: list[Tree] = field(default_factory=list[Tree])

    def __post_init__(self) -> None:
        self.trees = self.trees or [self.a, self.b]
        self.kinship = Kinship(
            ME,
            variable=lambda pid, _: self.marks.get(pid, b""),
            directory=lambda pid: self.places.get(pid, b"/"),
        )

    def take(self, *processes: Process) -> Census:
        return self.kinship.take({each.pid: each for each in processes}, self.trees)

    def owner(self, orphan: Process, *others: Process) -> Tree | None:
        self.take(orphan, *others)
        return self.kinship.owner(orphan)

    def end(self, ended: Tree) -> None:
        ended.rooted = False
        self.trees.remove(ended)


def test_descendants_are_found_by_walking_up() -> None:
    world = World()
    child, grandchild = process(201, 200), process(202, 201)
    census = world.take(grandchild, process(200, ME), child, process(300, ME))
    assert set(census.members[world.a]) == {grandchild, process(200, ME), child}
    assert census.members[world.b] == [process(300, ME)]


def test_processes_of_others_are_nobodys() -> None:
    world = World()
    census = world.take(process(1, 0), process(50, 1), process(ME, 50), process(400, 1))
    assert (census.members, census.strangers) == ({}, [])


def test_an_orphan_is_known_by_its_session() -> None:
    world = World()
    assert world.owner(process(400, ME, session=200)) is world.a


def test_an_orphan_in_a_session_of_its_own_is_known_by_its_mark() -> None:
    world = World(marks={400: b"engine:b"})
    assert world.owner(process(400, ME)) is world.b


def test_the_programs_of_an_engine_inside_a_program_are_of_that_program() -> None:
    world = World(marks={400: b"engine:b/inner:7", 401: b"engine:bb"})
    assert world.owner(process(400, ME)) is world.b
    assert world.owner(process(401, ME)) is None


def test_an_orphan_without_mark_is_known_by_where_it_works() -> None:
    world = World(places={400: b"/work/a/sub", 401: b"/work/ab"})
    assert world.owner(process(400, ME)) is world.a
    assert world.owner(process(401, ME)) is None


def test_who_was_seen_below_a_root_is_known_as_an_orphan() -> None:
    world = World()
    world.take(process(200, ME), process(400, 200))
    assert world.owner(process(400, ME)) is world.a


def test_a_recycled_number_is_not_known() -> None:
    world = World()
    world.take(process(200, ME), process(400, 200, start=1000))
    assert world.owner(process(400, ME, start=2000)) is None


def test_an_orphan_without_any_trace_is_of_the_only_tree() -> None:
    world = World()
    world.end(world.a)
    assert world.owner(process(400, ME)) is world.b


def test_an_orphan_is_not_of_a_tree_that_is_younger() -> None:
    world = World()
    assert world.owner(process(400, ME, start=250)) is world.a


def test_an_orphan_of_one_of_two_waits_until_one_is_gone() -> None:
    world = World()
    orphan = process(400, ME)
    assert world.owner(orphan) is None
    assert not world.kinship.is_new(orphan)
    assert world.kinship.may_be_of(orphan, [world.a])
    world.end(world.a)
    assert world.owner(orphan) is world.b


def test_an_orphan_is_never_of_a_tree_that_came_after_it_was_seen() -> None:
    world = World()
    orphan = process(400, ME)
    world.take(orphan)
    world.trees.append(tree("c", 399))
    world.end(world.a)
    assert world.owner(orphan) is world.b


def test_an_orphan_dies_with_the_last_that_it_may_be_of() -> None:
    world = World()
    world.a.dying = world.b.dying = True
    assert world.owner(process(400, ME)) in {world.a, world.b}


def test_an_orphan_of_no_tree_at_all_is_a_stranger() -> None:
    world = World()
    orphan = process(400, ME, start=10)
    assert world.take(orphan).strangers == [orphan]


def test_what_another_supervisor_lost_is_known_by_session_and_mark() -> None:
    lost = tree("lost", 500, foreign=True)
    world = World(trees=[lost], marks={601: lost.mark})
    heir, daemon, other = process(600, 1, session=500), process(601, 1), process(602, 1)
    assert set(world.take(heir, daemon, other).members[lost]) == {heir, daemon}


def test_a_lost_program_that_never_told_its_number_takes_no_one_of_the_kernel() -> None:
    lost = tree("lost", 0, foreign=True)
    world = World(trees=[lost])
    assert world.take(Process(2, 0, 0, 0, 1, stopped=False)).members == {}


def test_a_loop_of_parents_is_no_trap() -> None:
    world = World()
    assert world.take(process(10, 11), process(11, 10)).members == {}
