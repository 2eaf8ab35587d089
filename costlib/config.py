"""Settings: `costlib.toml`, then `COSTLIB_*` environment variables over it.

Every setting is a field of `Settings`, which is also what docs/settings.md is checked against. AWS's own variables
(AWS_PROFILE, AWS_ENDPOINT_URL_COST_EXPLORER, …) stay AWS's: boto3 reads them.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from costlib.channels import Channel, QuietHours, read_channels, read_quiet_hours
from costlib.errors import ConfigError, UnknownName
from costlib.periods import Granularity
from costlib.vocabulary import DIMENSIONS, CostMetric, label_dimension

N = TypeVar("N", int, float, Decimal)

DEFAULT_FILE = "costlib.toml"
_SECRET_WORDS = ("secret", "token", "password", "credential", "url", "webhook", "external_id", "smtp", "key", "channel")


class Source(StrEnum):
    """Where cost comes from; each has a warehouse of its own."""

    sample = "sample"
    aws = "aws"


@dataclass(frozen=True)
class Lens:
    """A second cube of two dimensions that the main one does not hold, at a granularity of its own."""

    dimensions: tuple[str, str]
    granularity: Granularity

    @property
    def name(self) -> str:
        return "_x_".join(self.dimensions) + f"_{self.granularity}"


@dataclass(frozen=True)
class ForecastOf:
    """What AWS is asked to forecast: everything, or one value of a dimension."""

    level: str = "total"
    value: str = ""


WHOLE_ORGANIZATION = ForecastOf()
DEFAULT_LENSES = (
    Lens(("service", "region"), Granularity.daily),
    Lens(("service", "usage_type"), Granularity.monthly),
)


@dataclass(frozen=True)
class Settings:
    """Everything a run can be told. Units are in the names; the meaning of each is in docs/settings.md."""

    source: Source = Source.sample
    data_dir: Path = Path("data")
    auto_sync_hours: float = 24.0
    sync_from_app: bool = True
    fiscal_year_start_month: int = 1
    history_months: int = 13
    deep_reread_days: int = 7
    full_reread_days: int = 30
    requests_per_second: float = 5.0
    max_concurrent_requests: int = 8
    max_requests_per_run: int = 5000
    max_dollars_per_month: Decimal = Decimal(50)
    request_price_usd: Decimal = Decimal("0.01")
    role_arn: str = ""
    external_id: str = ""
    billing_view_arn: str = ""
    cost_categories: tuple[str, ...] = ("*",)
    tags: tuple[str, ...] = ()
    max_label_combinations: int = 50
    lenses: tuple[Lens, ...] = DEFAULT_LENSES
    keep_snapshots: int = 5
    rules_file: Path = Path("allocation.toml")
    aws_forecasts: tuple[ForecastOf, ...] = (WHOLE_ORGANIZATION,)
    aws_forecast_metrics: tuple[CostMetric, ...] = (CostMetric.unblended_cost,)
    kept_forecasts: int = 200

    channels: tuple[Channel, ...] = ()
    quiet_hours: QuietHours | None = None
    stale_after_hours: float = 36.0
    delayed_after_days: int = 4
    dashboard_url: str = ""
    events_file: Path = Path("events.toml")
    budgets_file: Path = Path("budgets.toml")

    access_file: Path = Path("access.toml")
    session_hours: float = 12.0
    allow_anonymous: bool = False
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def source_dir(self) -> Path:
        """Where this source's warehouse, snapshots and status live."""
        return self.data_dir / self.source.value


SETTINGS = tuple(f.name for f in fields(Settings) if f.name != "origins")


def is_secret(name: str) -> bool:
    """Whether a setting's value is never printed and leaves in no backup; an address may carry a password."""
    return any(word in name.lower() for word in _SECRET_WORDS)


def load(path: Path | None, environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Settings:
    """Settings from `path` (or `COSTLIB_CONFIG`, or ./costlib.toml if it is there), the environment, then `overrides`.

    Raises ConfigError for a value that cannot be used and UnknownName for a key that does not exist.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for source, layer in _layers(path, environ):
        for key, raw in layer.items():
            if key not in SETTINGS:
                raise UnknownName(f"setting in {source}:", key, SETTINGS)
            values[key] = _read(key, raw, source)
            origins[key] = source
    values.update({k: v for k, v in (overrides or {}).items() if v is not None})
    return Settings(**values, origins=origins)


def _layers(path: Path | None, environ: Mapping[str, str]) -> list[tuple[str, Mapping[str, object]]]:
    named = path or (Path(environ["COSTLIB_CONFIG"]) if environ.get("COSTLIB_CONFIG") else None)
    file = named or Path(DEFAULT_FILE)
    layers: list[tuple[str, Mapping[str, object]]] = []
    if named is not None or file.exists():
        layers.append((str(file), _parse_file(file)))
    prefix = "COSTLIB_"
    variables = {k: v for k, v in environ.items() if k.startswith(prefix) and k != "COSTLIB_CONFIG"}
    layers.extend((name, {name.removeprefix(prefix).lower(): text}) for name, text in sorted(variables.items()))
    return layers


def _parse_file(file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            "--config", str(file), f"cannot be read ({error.strerror})", "Name a file that exists."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("(whole file)", str(file), f"is not TOML: {error}", "Mend the line it names.") from error


def _read(key: str, raw: object, source: str) -> object:
    reader, expected = _READERS.get(key, (_text, "text"))
    try:
        return reader(raw)
    except (ValueError, TypeError, InvalidOperation, KeyError) as error:
        said = "its value" if is_secret(key) else repr(raw)
        raise ConfigError(key, source, f"{said} is not {expected}", _hint(error)) from None


def _hint(error: Exception) -> str:
    return f"({error})." if isinstance(error, ValueError) and str(error) else "See docs/settings.md."


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError
    return raw


def _number(kind: type[N], low: float, high: float) -> Callable[[object], N]:
    def read(raw: object) -> N:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise TypeError
        try:
            value = kind(str(raw))
        except (ValueError, InvalidOperation):
            raise TypeError from None
        if not low <= value <= high:
            raise ValueError(f"it must lie between {low:g} and {high:g}")
        return value

    return read


def _words(raw: object) -> tuple[str, ...]:
    """A TOML list of text, or text separated by commas (environment variables have no lists)."""
    parts = [p.strip() for p in raw.split(",")] if isinstance(raw, str) else raw
    if not isinstance(parts, list) or not all(isinstance(p, str) for p in parts):
        raise TypeError
    return tuple(p for p in parts if p)


def _lenses(raw: object) -> tuple[Lens, ...]:
    """Words such as `service,region:daily`; in the environment they are separated by semicolons."""
    parts = [p for p in raw.split(";") if p] if isinstance(raw, str) else raw
    if not isinstance(parts, list):
        raise TypeError
    return tuple(_lens(_text(part)) for part in parts)


def _lens(text: str) -> Lens:
    pair, _, granularity = text.partition(":")
    names = [name.strip() for name in pair.split(",")]
    known = [d.name for d in DIMENSIONS.values() if d.api_key]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ValueError(f"{name!r} is not a dimension Cost Explorer groups by; known: {', '.join(near or known)}")
    if len(names) != 2 or names[0] == names[1]:
        raise ValueError("a lens has two different dimensions: 'service,region:daily'")
    if granularity not in (Granularity.daily, Granularity.monthly):
        raise ValueError("a lens is daily or monthly: 'service,region:daily'")
    return Lens((names[0], names[1]), Granularity(granularity))


def _forecasts(raw: object) -> tuple[ForecastOf, ...]:
    """`total`, or a dimension that Cost Explorer filters by and a value: `service=Amazon Simple Storage Service`."""
    return tuple(_forecast_of(text) for text in _words(raw))


def _forecast_of(text: str) -> ForecastOf:
    if text == WHOLE_ORGANIZATION.level:
        return WHOLE_ORGANIZATION
    name, _, value = text.partition("=")
    known = label_dimension(name) or DIMENSIONS.get(name)
    if known is None or known.api_key is None or not value:
        raise ValueError(f"{text!r} is neither 'total' nor a dimension and a value such as 'service=AmazonS3'")
    return ForecastOf(name, value)


def _metrics(raw: object) -> tuple[CostMetric, ...]:
    return tuple(CostMetric(word) for word in _words(raw))


def _web_address(raw: object) -> str:
    text = _text(raw).rstrip("/")
    if text and not text.startswith(("https://", "http://")):
        raise ValueError("it begins with https://")
    return text


_SWITCH = {"1": True, "true": True, "0": False, "false": False}

_READERS: dict[str, tuple[Callable[[object], object], str]] = {
    "source": (lambda raw: Source(_text(raw)), "one of: sample, aws"),
    "data_dir": (lambda raw: Path(_text(raw)), "a folder"),
    "auto_sync_hours": (_number(float, 0, 24 * 365), "a number of hours (0 switches it off)"),
    "fiscal_year_start_month": (_number(int, 1, 12), "a month, 1 to 12"),
    "history_months": (_number(int, 1, 13), "a number of months, 1 to 13"),
    "deep_reread_days": (_number(int, 1, 365), "a number of days"),
    "full_reread_days": (_number(int, 1, 365), "a number of days"),
    "requests_per_second": (_number(float, 0.01, 100), "a number of requests a second"),
    "max_concurrent_requests": (_number(int, 1, 64), "a whole number, 1 to 64"),
    "max_requests_per_run": (_number(int, 1, 10_000_000), "a whole number of requests"),
    "max_dollars_per_month": (_number(Decimal, 0, 1_000_000), "an amount in US dollars"),
    "request_price_usd": (_number(Decimal, 0, 100), "an amount in US dollars"),
    "cost_categories": (_words, 'a list of names, or ["*"] for all'),
    "tags": (_words, "a list of tag keys"),
    "max_label_combinations": (_number(int, 1, 10_000), "a whole number"),
    "lenses": (_lenses, 'a list such as ["service,region:daily"]'),
    "keep_snapshots": (_number(int, 1, 1000), "a whole number"),
    "aws_forecasts": (_forecasts, 'a list such as ["total", "service=NAME"]'),
    "aws_forecast_metrics": (_metrics, f"a list of {', '.join(CostMetric)}"),
    "kept_forecasts": (_number(int, 0, 10_000), "a whole number"),
    "rules_file": (lambda raw: Path(_text(raw)), "a file"),
    "channels": (read_channels, "a list of channels"),
    "quiet_hours": (lambda raw: read_quiet_hours(_text(raw)), "a span of hours"),
    "stale_after_hours": (_number(float, 1, 24 * 365), "a number of hours"),
    "delayed_after_days": (_number(int, 2, 365), "a number of days"),
    "dashboard_url": (_web_address, "a web address"),
    "events_file": (lambda raw: Path(_text(raw)), "a file"),
    "budgets_file": (lambda raw: Path(_text(raw)), "a file"),
    "access_file": (lambda raw: Path(_text(raw)), "a file"),
    "sync_from_app": (lambda raw: _SWITCH[str(raw).lower()], "1 or 0"),
    "allow_anonymous": (lambda raw: _SWITCH[str(raw).lower()], "1 or 0"),
    "session_hours": (_number(float, 0.01, 24 * 30), "a number of hours, 720 at most"),
}
