"""The last step of a sync before it is published: cost centers and shared cost, by the rules file as it stands."""

from __future__ import annotations

from costlib.config import Settings, Source
from costlib.errors import ConfigError, InvalidRules
from costlib.ingest.run import Run
from costlib.sample.rules import SAMPLE_RULES
from costlib.store.ledger import has_unfinished_business
from costlib.store.showback import RULES_PROBLEM, RuleChange, is_empty, put_in_force, refresh

BY_THE_FILE = "rules file"


def sync_showback(run: Run) -> None:
    """Compute showback anew where charges or rules changed. Rules that cannot be used leave the last good ones in
    force, and the sync says so."""
    changed = False
    problem = ""
    found = rules_text(run.settings)
    if found is not None:
        change = RuleChange(*found, run.clock(), BY_THE_FILE, "")
        try:
            changed = put_in_force(run.warehouse, change)
        except InvalidRules as error:
            problem = str(error)
            run.warn(f"{error} The last good rules stay in force.")
    run.warehouse.set_meta({RULES_PROBLEM: problem})
    is_behind = has_unfinished_business(run.warehouse, run.run_id)
    if not changed and (run.windows or is_behind or is_empty(run.warehouse)):
        refresh(run.warehouse)


def rules_text(settings: Settings) -> tuple[str, str] | None:
    """The rules and the file they stand in; None without a file. The sample organization comes with rules."""
    file = settings.rules_file
    if file.exists():
        try:
            return file.read_text(encoding="utf-8"), str(file)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                "rules_file", str(file), f"cannot be read ({error})", "Make it readable UTF-8."
            ) from error
    return (SAMPLE_RULES, "the sample's allocation.toml") if settings.source is Source.sample else None
