"""The errors users catch."""

import pickle

from weftwork.errors import DependencyFailureError, TaskCancelled, TaskFailed


def test_the_error_of_an_item_survives_pickle_with_all_it_says() -> None:
    root = TaskFailed("melt[1]", "melt[1] failed", attempt=2, cause="exit_code", exit_code=3)
    skip = DependencyFailureError("fit[2]", "not run", root_cause=root, failed_dependencies=["a"])
    copy: DependencyFailureError = pickle.loads(pickle.dumps(skip))  # noqa: S301
    assert (type(copy), str(copy), copy.label) == (DependencyFailureError, "not run", "fit[2]")
    assert copy.failed_dependencies == ("a",)
    assert isinstance(copy.root_cause, TaskFailed)
    assert vars(copy.root_cause) == vars(root)
    end: TaskCancelled = pickle.loads(pickle.dumps(TaskCancelled("a", "b", reason="c")))  # noqa: S301
    assert end.reason == "c"
