"""Settings of Sphinx: the pages are MyST, the notebooks are executed, nothing is fetched."""

import json
import os
import sys
import tempfile
from pathlib import Path

from weftwork import __version__

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "Weftwork"
author = "the Weftwork developers"
release = version = __version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "state_diagram",
]
exclude_patterns = ["_build", "**/jupyter_execute"]
nitpicky = False

html_theme = "furo"
html_title = "Weftwork"
html_static_path: list[str] = []

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False

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
    spec = {"argv": command, "display_name": "Weftwork", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    os.environ["JUPYTER_PATH"] = str(jupyter)
    os.environ["JUPYTER_RUNTIME_DIR"] = str(jupyter / "runtime")
    os.environ["IPYTHONDIR"] = str(jupyter / "ipython")


_own_kernel()
nb_kernel_rgx_aliases = {".*": "weftwork-docs"}
