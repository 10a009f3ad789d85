"""What every backend must do, as pytest classes to subclass.

    from weftwork.testing.contract import FunctionContract, ProgramContract

    class TestMyBackend(FunctionContract, ProgramContract):
        ends_running_functions = True

        def make(self, site):
            return my_backend(site)

No engine takes part: works are submitted to the port, and what it reports is looked at.
"""

from weftwork.testing.contract.base import BackendContract
from weftwork.testing.contract.control import ControlContract
from weftwork.testing.contract.programs import ProgramContract
from weftwork.testing.contract.values import ValueContract

__all__ = [
    "BackendContract",
    "ControlContract",
    "FunctionContract",
    "ProgramContract",
    "ValueContract",
]


class FunctionContract(ValueContract, ControlContract):
    """What holds for backends that run Python functions; see both for what may be set."""
