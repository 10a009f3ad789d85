"""Settings of Sphinx: the pages are MyST, the notebooks are executed, nothing is fetched."""

import json
import os
import sys
import tempfile
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from weftwork import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "Weftwork"
author = "the Weftwork developers"
release = version = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build", "**/jupyter_execute"]
# As docstrings have it: `name`.
default_role = "literal"

html_theme = "furo"
html_title = "Weftwork"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["style.css"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # Else fields that a docstring explains are there twice.

# Always anew: what a page shows depends on the code of the library, which no cache key knows.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True


def _own_kernel() -> None:
    """Have pages executed by this interpreter, whatever kernels are installed on the machine."""
    jupyter = Path(tempfile.mkdtemp(prefix="weftwork-docs-"))
    kernel = jupyter / "kernels" / "weftwork-docs"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    command.append("--log-level=ERROR")
    spec = {"argv": command, "display_name": "Weftwork", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    os.environ["JUPYTER_PATH"] = str(jupyter)
    os.environ["JUPYTER_RUNTIME_DIR"] = str(jupyter / "runtime")
    os.environ["IPYTHONDIR"] = str(jupyter / "ipython")


_own_kernel()
nb_kernel_rgx_aliases = {".*": "weftwork-docs"}


class StateDiagram(Directive):
    """`state-diagram`: the drawing, in the page itself."""

    def run(self) -> list[nodes.Node]:
        """Return the drawing."""
        from state_diagram import draw  # noqa: PLC0415 - its folder was made known above

        return [nodes.raw("", draw(), format="html")]


def setup(app: Sphinx) -> None:
    """Tell Sphinx about the directive."""
    app.add_directive("state-diagram", StateDiagram)
