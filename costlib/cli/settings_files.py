"""The settings as files for a backup: those that were set and are no secrets, and the files that settings name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from costlib.config import DEFAULT_FILE, SETTINGS, Lens, Settings, is_secret


def settings_files(settings: Settings) -> dict[str, bytes]:
    """`costlib.toml` and, by the name of its setting, each file that a setting names and that is there."""
    kept = [name for name in SETTINGS if name in settings.origins and not is_secret(name)]
    lines = [f"{name} = {_toml(getattr(settings, name))}\n" for name in kept]
    named = {name: getattr(settings, name) for name in SETTINGS if name != "data_dir" and not is_secret(name)}
    files = {name: path for name, path in named.items() if isinstance(path, Path) and path.is_file()}
    return {
        DEFAULT_FILE: "".join(lines).encode(),
        **{f"{name}{path.suffix}": path.read_bytes() for name, path in files.items()},
    }


def _toml(value: object) -> str:
    """A setting's value as TOML; JSON's texts and lists are TOML's too."""
    if isinstance(value, tuple):
        return json.dumps([_lens(item) if isinstance(item, Lens) else str(item) for item in value])
    if isinstance(value, bool | int | float) and not isinstance(value, Decimal):
        return json.dumps(value)
    return json.dumps(str(value))


def _lens(lens: Lens) -> str:
    return f"{','.join(lens.dimensions)}:{lens.granularity}"
