"""Find Chrome or Chromium, or install it: `python -m tests.browser.chromium`, which `make test` calls first.

A browser test never skips, so a machine without a browser gets one, or one sentence that says how.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
MAC_APP = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
APT = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
PLAYWRIGHT = [sys.executable, "-m", "playwright", "install", "chromium"]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""A browser that runs as root in a container and talks to nobody by itself."""


class NoBrowser(Exception):
    """No browser was found and none could be installed."""


@contextmanager
def launched() -> Iterator[Browser]:
    """The machine's own browser, without a window, for as long as a `with` block lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_or_install(), args=list(FLAGS))
        yield browser
        browser.close()


def find() -> Path | None:
    """A Chrome or Chromium that starts: CHROME_PATH, the usual names on PATH, then Playwright's own download."""
    return next((path for path in _candidates() if _starts(path)), None)


def find_or_install(
    look: Callable[[], Path | None] = find, installers: Sequence[Callable[[], None]] | None = None
) -> Path:
    """`look`, else install one (apt as root, else Playwright's download) and look again; raises NoBrowser."""
    if path := look():
        return path
    for install in (_install_with_apt, _install_with_playwright) if installers is None else installers:
        install()
        if path := look():
            return path
    raise NoBrowser(f"The browser tests need Chrome or Chromium, and installing it failed. Run: {_remedy()}")


def _candidates() -> Iterator[Path]:
    if named := os.environ.get("CHROME_PATH"):
        yield Path(named)
        return
    yield from (Path(found) for name in NAMES if (found := shutil.which(name)))
    yield Path(MAC_APP)
    yield _playwrights_own()


def _playwrights_own() -> Path:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def _starts(path: Path) -> bool:
    """A name alone proves nothing: on some systems `chromium-browser` only says how to install it."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install_with_apt() -> None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    print("Installing Chromium with apt-get (once).", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment)
    subprocess.run(APT, env=environment, stdout=subprocess.DEVNULL)


def _install_with_playwright() -> None:
    print("Downloading Chromium with Playwright (once).", flush=True)
    subprocess.run(PLAYWRIGHT)


def _remedy() -> str:
    if sys.platform == "darwin":
        return "brew install --cask google-chrome"
    if shutil.which("apt-get"):
        return "sudo apt-get install chromium"
    return "sudo .venv/bin/python -m playwright install --with-deps chromium"


if __name__ == "__main__":
    try:
        print(f"Browser: {find_or_install()}")
    except NoBrowser as error:
        sys.exit(str(error))
