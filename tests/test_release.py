"""One release is told in every place that tells one."""

import re
import tomllib
from pathlib import Path

from core.settings import VERSION
from pages.parts.page_layout import ABOUT

ROOT = Path(__file__).parents[1]
PLACES = {
    "CHANGELOG.md": r"^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$",  # the newest comes first
    "deploy/kubernetes/deployment.yaml": r"image: attention-lab:(\S+)",
    "deploy/kubernetes/README.md": r"attention-lab:(\d\S*?)[\s`]",
}


def test_one_release_is_told_everywhere():
    told = {"pyproject.toml": tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]}
    for place, says in PLACES.items():
        found = re.search(says, (ROOT / place).read_text("utf-8"), re.MULTILINE)
        told[place] = found and found[1]
    assert told == dict.fromkeys(told, VERSION)
    assert f"Attention Lab {VERSION}." in ABOUT
