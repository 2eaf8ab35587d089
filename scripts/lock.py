"""Write requirements.txt and requirements-dev.txt from pyproject.toml: `make lock`.

What is pinned stays pinned unless pyproject.toml asks for something else; `make lock UPGRADE=1` takes the newest of
everything. Each file is universal: environment markers make it right for every Python from 3.11 on. What
requirements-dev.txt lists comes on top of requirements.txt, so that `make run` installs no test package.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

APP = Path("requirements.txt")
DEV = Path("requirements-dev.txt")
HEADER = "# Made by `make lock` from pyproject.toml. Change that, not this.\n"


def compiled(file: Path, *options: str) -> list[str]:
    """The pins that uv resolves, one `name==version ; marker` each; those in `file` are preferred."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "pyproject.toml", "--universal"]
    command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--quiet", "--output-file", str(file)]
    subprocess.run([*command, *options], check=True)
    return file.read_text(encoding="utf-8").splitlines()


def main(upgrade: list[str]) -> None:
    app = compiled(APP, *upgrade)
    APP.write_text(HEADER + "\n".join(app) + "\n", encoding="utf-8")
    both = compiled(DEV, "--extra", "dev", "--constraint", str(APP), *upgrade)
    added = [pin for pin in both if pin not in app]
    DEV.write_text(f"{HEADER}-r {APP}\n" + "\n".join(added) + "\n", encoding="utf-8")
    print(f"{APP}: {len(app)} packages; {DEV}: {len(added)} more.")


if __name__ == "__main__":
    main(["--upgrade"] if os.environ.get("UPGRADE") else [])
