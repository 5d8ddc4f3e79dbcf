"""What is loaded in the background ends with the process."""

import subprocess
import sys

import pytest

from tests.browser.server import ROOT

ENDS = "import time; from pages.server import preload; preload.wait(); time.sleep(0.5)"


@pytest.mark.long
def test_a_process_that_ends_while_models_are_opened_does_not_crash():
    """Those beside the first one are opened when it is ready, by a thread that torch must not be left in."""
    done = subprocess.run([sys.executable, "-c", ENDS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
