"""Programs that tests need and that no Python package brings: Debian's packages."""

import os
import shutil
import subprocess


def install(package: str) -> None:
    """Install one of Debian's packages, where this user may. Needs nothing but Python; says nothing where it cannot."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-y", "-qq", package], check=False, stdout=subprocess.DEVNULL)
