"""The suite that every backend passes, on ours."""

import pytest

from weftwork.backends.local import inline, processes, threads
from weftwork.backends.noop import noop
from weftwork.engine.ports import Backend
from weftwork.engine.site import Site
from weftwork.testing.contract import BackendContract, FunctionContract, ProgramContract


class TestInline(FunctionContract, ProgramContract):
    runs_on_the_loop = True

    def make(self, site: Site) -> Backend:
        return inline(site)


class TestThreads(FunctionContract, ProgramContract):
    def make(self, site: Site) -> Backend:
        return threads(site)


@pytest.mark.slow
class TestProcesses(FunctionContract, ProgramContract):
    ends_running_functions = True

    def make(self, site: Site) -> Backend:
        return processes(site)


class TestNoop(BackendContract):
    def make(self, site: Site) -> Backend:
        return noop(site)
