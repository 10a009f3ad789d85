"""The pytest plugin: the fixture `weft_engine`, for tests of one's own flow."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from weftwork.testing.flow import FlowEngine


@pytest.fixture
def weft_engine(tmp_path: Path) -> "FlowEngine":
    """Run a flow inline, in this process, with fakes in the place of its slow tasks.

    def test_the_campaign_stops_early(weft_engine):
        weft_engine.fake("melt", lambda temperature, seed: temperature > 0.6)
        assert weft_engine.run(melting_point(5.0)) == pytest.approx(0.63, abs=0.02)
        assert len(weft_engine.calls("melt")) < 20
    """
    # Not before it is wanted: pytest loads this plugin also for suites that do not know it.
    from weftwork.testing.flow import FlowEngine  # noqa: PLC0415

    return FlowEngine(tmp_path)
