"""How many examples hypothesis tries: 100 in every check, 2,000 with WEFT_NIGHTLY=1."""

import os

from hypothesis import settings

EXAMPLES = 2_000 if os.environ.get("WEFT_NIGHTLY") else int(os.environ.get("WEFT_EXAMPLES", "100"))

thorough = settings(max_examples=EXAMPLES, deadline=None, database=None)
