"""Days that cost more or less than expected, told by the days before them, and what caused them.

Pure: series in, verdicts out. Amounts are floats, because what is expected is an estimate; nothing here is an amount
that people are shown as billed. docs/anomalies.md says how days are judged and how well.
"""

from costlib.anomalies.data import (
    DataAnomaly,
    DoubledDay,
    MissingDay,
    NewRecordType,
    SignFlip,
    VanishedService,
    data_anomalies,
)
from costlib.anomalies.frames import KnownEvent, anomalies, anomalies_of_many
from costlib.anomalies.incidents import Incident, Member, incidents
from costlib.anomalies.levels import TOTAL, Level, Tree, level, level_of
from costlib.anomalies.thresholds import Thresholds

__all__ = [
    "TOTAL",
    "DataAnomaly",
    "DoubledDay",
    "Incident",
    "KnownEvent",
    "Level",
    "Member",
    "MissingDay",
    "NewRecordType",
    "SignFlip",
    "Thresholds",
    "Tree",
    "VanishedService",
    "anomalies",
    "anomalies_of_many",
    "data_anomalies",
    "incidents",
    "level",
    "level_of",
]
