"""This machine: functions on worker processes, on threads or in the engine's loop; programs."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weftwork.engine.ports import Backend
    from weftwork.engine.site import Site


def processes(site: "Site") -> "Backend":
    """Return the mode in which functions run on worker processes."""
    from weftwork.backends.local.backend import LocalBackend  # noqa: PLC0415 - when it is chosen
    from weftwork.backends.local.workers import WorkerLane  # noqa: PLC0415

    return LocalBackend(
        "processes",
        site,
        lambda site, machine, reports: WorkerLane(
            site,
            machine.supervisors,
            machine,
            machine.bundles,
            reports,
            machine.hardware.gpu_names,
        ),
    )


def threads(site: "Site") -> "Backend":
    """Return the mode in which functions run on threads of the engine's process."""
    from weftwork.backends.local.backend import LocalBackend  # noqa: PLC0415 - when it is chosen
    from weftwork.backends.local.thread_lane import ThreadLane  # noqa: PLC0415

    return LocalBackend(
        "threads",
        site,
        lambda site, machine, reports: ThreadLane(site, machine, machine.bundles, reports),
    )


def inline(site: "Site") -> "Backend":
    """Return the mode in which functions run on the engine's own loop."""
    from weftwork.backends.local.backend import LocalBackend  # noqa: PLC0415 - when it is chosen
    from weftwork.backends.local.inline_lane import InlineLane  # noqa: PLC0415

    return LocalBackend("inline", site, InlineLane)
