"""The command line: stdout is data, stderr is narration, the exit code says which kind of end it was."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

from costlib import config
from costlib.errors import CostlibError, DataError, StoreError, TryAgainLater

COMMANDS = (
    "sync",
    "status",
    "doctor",
    "query",
    "export",
    "verify",
    "report",
    "showback",
    "rules",
    "close",
    "categories",
    "budgets",
    "anomalies",
    "forecast",
    "sample",
    "digest",
    "alerts",
    "backup",
    "restore",
    "audit",
)
"""Each is a module of this package with `register(subparsers)`; imported only when it is called."""


class ExitCode(IntEnum):
    """What a calling script may branch on."""

    ok = 0
    wrong_data = 1
    usage = 2
    try_again = 3
    interrupted = 130


def exit_code_of(error: CostlibError) -> ExitCode:
    if isinstance(error, TryAgainLater):
        return ExitCode.try_again
    return ExitCode.wrong_data if isinstance(error, DataError | StoreError) else ExitCode.usage


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; every expected failure becomes one line on stderr and an exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = _parser(arguments).parse_args(arguments)
    try:
        return int(args.run(args))
    except CostlibError as error:
        print(f"costlib: {error.message}\n  {error.remedy}", file=sys.stderr)
        return exit_code_of(error)
    except KeyboardInterrupt:
        print("costlib: interrupted; what was stored stays stored.", file=sys.stderr)
        return ExitCode.interrupted
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ok


def settings_of(args: argparse.Namespace) -> config.Settings:
    """Settings with this command's `--config`, `--data-dir` and `--source` over them."""
    source = getattr(args, "source", None)
    overrides = {"data_dir": args.data_dir, "source": config.Source(source) if source else None}
    return config.load(args.config, os.environ, overrides)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where data lives (COSTLIB_DATA_DIR; default: data)"
    )
    common.add_argument(
        "--config", type=Path, metavar="FILE", help="settings file (COSTLIB_CONFIG; default: costlib.toml)"
    )
    common.add_argument(
        "--source", choices=[s.value for s in config.Source], help="which source (COSTLIB_SOURCE; default: sample)"
    )
    parser = argparse.ArgumentParser(prog="costlib", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    named = next((a for a in arguments if a in COMMANDS), None)
    for command in [named] if named else COMMANDS:
        module = __import__(f"costlib.cli.{command}", fromlist=["register"])
        module.register(subparsers, common)
    return parser
