"""Write requirements.txt and requirements-dev.txt from pyproject.toml: `make lock`.

Universal: one file per purpose, with environment markers, for every Python from 3.11 on. requirements-dev.txt lists
what it adds to requirements.txt, so that `make run` installs no test package.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

APP = Path("requirements.txt")
DEV = Path("requirements-dev.txt")
HEADER = "# Made by `make lock` from pyproject.toml. Change that, not this.\n"


def compiled(*options: str) -> list[str]:
    """The pins that uv resolves, one `name==version ; marker` each."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "pyproject.toml", "--universal"]
    command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--quiet", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main() -> None:
    app = compiled("--upgrade")
    APP.write_text(HEADER + "\n".join(app) + "\n", encoding="utf-8")
    both = compiled("--upgrade", "--extra", "dev", "--constraint", str(APP))
    added = [pin for pin in both if pin not in app]
    DEV.write_text(f"{HEADER}-r {APP}\n" + "\n".join(added) + "\n", encoding="utf-8")
    print(f"{APP}: {len(app)} packages; {DEV}: {len(added)} more.")


if __name__ == "__main__":
    main()
