"""What everything is measured against: a bare Streamlit page with default settings, served from a folder of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.server import serving

BARE = Path(__file__).parent / "floor" / "bare.py"


@contextmanager
def bare() -> Iterator[tuple[str, int]]:
    """The address and the process of the bare page, away from this project's settings."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(BARE, folder)
        with serving(BARE.name, Path(folder), STREAMLIT_BROWSER_GATHER_USAGE_STATS="false") as running:
            yield running
