"""The six release rules as values: what the end of an input means for an item that waits for it.

A succeeded input *serves* a rule or not, and so on; an input that was skipped counts as failed,
because a failure is why it was skipped.

| rule          | released                                   | impossible                         |
|---------------|--------------------------------------------|------------------------------------|
| all_success   | when all inputs succeeded                  | at the first that did not          |
| any_success   | at the first that succeeded                | when all are final and none did    |
| all_completed | when all inputs ran: succeeded or failed   | at the first skipped or cancelled  |
| all_failed    | when all inputs failed or were skipped     | at the first that did neither      |
| any_failed    | at the first that failed or was skipped    | when all are final and none did    |
| always        | when all inputs are final, whatever became of them | never                      |

An item without inputs is released at once, except by the two rules that ask for a failure: it is
skipped, with itself at the root.
"""

from collections.abc import Mapping
from typing import NamedTuple

from weftwork.core.model import ReleaseRule, TaskState

_SUCCEEDED, _FAILED = TaskState.SUCCEEDED, TaskState.FAILED
_SKIPPED, _CANCELLED = TaskState.SKIPPED, TaskState.CANCELLED


class Rule(NamedTuple):
    """How one release rule judges inputs, one after the other.

    Attributes:
        releases: Ends of one input that release the item at once.
        excludes: Ends of one input that make the rule impossible.
        at_end: Whether the item is released once all inputs are final and none decided.
        alone: Whether an item without inputs is released.
    """

    releases: frozenset[TaskState]
    excludes: frozenset[TaskState]
    at_end: bool
    alone: bool = True


_NONE: frozenset[TaskState] = frozenset()

RULES: Mapping[ReleaseRule, Rule] = {
    ReleaseRule.ALL_SUCCESS: Rule(_NONE, frozenset({_FAILED, _SKIPPED, _CANCELLED}), at_end=True),
    ReleaseRule.ANY_SUCCESS: Rule(frozenset({_SUCCEEDED}), _NONE, at_end=False),
    ReleaseRule.ALL_COMPLETED: Rule(_NONE, frozenset({_SKIPPED, _CANCELLED}), at_end=True),
    ReleaseRule.ALL_FAILED: Rule(
        _NONE, frozenset({_SUCCEEDED, _CANCELLED}), at_end=True, alone=False
    ),
    ReleaseRule.ANY_FAILED: Rule(frozenset({_FAILED, _SKIPPED}), _NONE, at_end=False, alone=False),
    ReleaseRule.ALWAYS: Rule(_NONE, _NONE, at_end=True),
}
