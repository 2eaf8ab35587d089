"""Settings: the file, the environment over it, the command line over both."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from costlib.config import DEFAULT_LENSES, SETTINGS, ForecastOf, Lens, Settings, Source, load
from costlib.errors import ConfigError, UnknownName
from costlib.periods import Granularity


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str, name: str = "costlib.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_has_a_default() -> None:
    assert load(None, {}) == Settings()
    assert load(None, {"PATH": "/bin", "AWS_PROFILE": "x"}) == Settings()


def test_each_source_has_a_folder_of_its_own() -> None:
    settings = load(None, {"COSTLIB_DATA_DIR": "/var/costs", "COSTLIB_SOURCE": "aws"})
    assert settings.source_dir == Path("/var/costs/aws")


def test_the_environment_wins_over_the_file_and_the_command_line_over_both() -> None:
    written('source = "aws"\nhistory_months = 6\nrequests_per_second = 2\n')
    settings = load(None, {"COSTLIB_HISTORY_MONTHS": "3"}, {"requests_per_second": 1.0, "data_dir": None})
    assert (settings.source, settings.history_months, settings.requests_per_second) == (Source.aws, 3, 1.0)
    assert settings.data_dir == Path("data")
    assert settings.origins == {
        "source": "costlib.toml",
        "history_months": "COSTLIB_HISTORY_MONTHS",
        "requests_per_second": "costlib.toml",
    }


def test_a_file_is_named_by_flag_or_by_variable() -> None:
    path = written("history_months = 5", "other.toml")
    assert load(path, {}).history_months == 5
    assert load(None, {"COSTLIB_CONFIG": "other.toml"}).history_months == 5


def test_a_named_file_must_exist_and_be_toml() -> None:
    with pytest.raises(ConfigError, match=r"no\.toml: cannot be read"):
        load(Path("no.toml"), {})
    with pytest.raises(ConfigError, match=r"costlib\.toml: is not TOML: .*line 1"):
        load(written("history_months = = 5"), {})


def test_every_kind_of_setting_can_be_given_in_the_file_and_in_the_environment() -> None:
    path = written(
        'cost_categories = ["Team", "Env, old"]\n'
        "max_dollars_per_month = 12.5\n"
        'lenses = ["service,usage_type:monthly"]\n'
    )
    settings = load(path, {"COSTLIB_TAGS": "env, owner", "COSTLIB_REQUEST_PRICE_USD": "0.02"})
    assert settings.cost_categories == ("Team", "Env, old")
    assert settings.tags == ("env", "owner")
    assert (settings.max_dollars_per_month, settings.request_price_usd) == (Decimal("12.5"), Decimal("0.02"))
    assert settings.lenses == (Lens(("service", "usage_type"), Granularity.monthly),)
    both = load(None, {"COSTLIB_LENSES": "service,region:daily;service,usage_type:monthly"})
    assert both.lenses == DEFAULT_LENSES
    assert [lens.name for lens in both.lenses] == ["service_x_region_daily", "service_x_usage_type_monthly"]


def test_an_unknown_key_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UnknownName, match=r"COSTLIB_HISTORY_MONTH: .*Did you mean 'history_months'"):
        load(None, {"COSTLIB_HISTORY_MONTH": "3"})
    with pytest.raises(UnknownName, match="COSTLIB_ORIGINS"):
        load(None, {"COSTLIB_ORIGINS": "x"})
    with pytest.raises(UnknownName, match=r"costlib\.toml: 'history_month'\. Did you mean 'history_months'"):
        load(written("history_month = 3"), {})


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("source", '"azure"', "one of: sample, aws"),
        ("history_months", "0", "between 1 and 13"),
        ("history_months", "14", "between 1 and 13"),
        ("history_months", "2.5", r"a number of months, 1 to 13\. See docs/settings\.md\."),
        ("history_months", "true", "a number of months"),
        ("requests_per_second", "nan", "between 0.01 and 100"),
        ("max_dollars_per_month", '"ten"', r"an amount in US dollars\. See docs"),
        ("max_dollars_per_month", '"NaN"', "an amount in US dollars"),
        ("max_dollars_per_month", "-1", "between 0 and"),
        ("tags", "[1]", "a list of tag keys"),
        ("data_dir", "3", "a folder"),
        ("role_arn", "3", "text"),
        ("lenses", '["service:daily"]', "two different dimensions"),
        ("lenses", '["service,service:daily"]', "two different dimensions"),
        ("lenses", '["service,regoin:daily"]', "'regoin' is not a dimension.*known: region"),
        ("lenses", '["service,region:hourly"]', "daily or monthly"),
        ("lenses", "3", "a list such as"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_is_expected(key: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=rf"(?s)Setting '{key}' in costlib\.toml: .*{said}"):
        load(written(f"{key} = {text}"), {})


def test_every_setting_can_be_set_from_the_environment() -> None:
    given = {
        "source": "aws",
        "data_dir": "d",
        "role_arn": "arn:aws:iam::111111111111:role/costs",
        "external_id": "e",
        "billing_view_arn": "b",
        "cost_categories": "Team",
        "tags": "env",
        "lenses": "service,region:daily",
        "aws_forecasts": "total,service=Amazon EC2",
        "aws_forecast_metrics": "unblended_cost,amortized_cost",
        "channels": "[]",
        "quiet_hours": "22:00-07:00",
        "dashboard_url": "https://costs.example.com",
        "allow_anonymous": "1",
        "sync_from_app": "0",
    }
    for key in SETTINGS:
        settings = load(None, {f"COSTLIB_{key.upper()}": given.get(key, "2")})
        assert settings.origins == {key: f"COSTLIB_{key.upper()}"}
        assert getattr(settings, key) is not None


def test_what_aws_forecasts_is_the_total_or_a_value_of_a_dimension_that_it_filters_by() -> None:
    assert load(None, {"COSTLIB_AWS_FORECASTS": "total,cost_category:Team=Data"}).aws_forecasts == (
        ForecastOf(),
        ForecastOf("cost_category:Team", "Data"),
    )
    assert load(None, {"COSTLIB_AWS_FORECASTS": ""}).aws_forecasts == ()
    for wrong in ("everything", "service", "charge_category=Tax", "service="):
        with pytest.raises(ConfigError, match="neither 'total' nor a dimension and a value"):
            load(None, {"COSTLIB_AWS_FORECASTS": wrong})
