"""AWS's services by their Cost Explorer names, with rough sizes, and the accounts of a made-up company."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from costlib.sample.plan import Account, Growth, Rhythm


@dataclass(frozen=True)
class UsageType:
    """What is metered: `part` of the service's cost, at `price` dollars a unit."""

    name: str
    unit: str
    price: Decimal
    part: Decimal = Decimal(1)
    is_free: bool = False


@dataclass(frozen=True)
class ServiceKind:
    """A service; `monthly_cost` is what the whole organization spends on it, in dollars."""

    name: str
    code: str
    monthly_cost: Decimal
    usage_types: tuple[UsageType, ...]
    rhythm: Rhythm = Rhythm.even
    growth: Growth = Growth.steady
    is_global: bool = False
    is_everywhere: bool = False


COMPUTE = "Amazon Elastic Compute Cloud - Compute"
DATABASE = "Amazon Relational Database Service"
STORAGE = "Amazon Simple Storage Service"
TRANSFER = "AWS Data Transfer"
SUPPORT = "AWS Support (Business)"
TAX = "Tax"
SAVINGS_PLANS = "Savings Plans for AWS Compute usage"

_TABLE = """
Amazon Elastic Compute Cloud - Compute | AmazonEC2 | 41000 | office steady everywhere
    BoxUsage:m6i.large Hrs 0.096 0.5
    BoxUsage:c7g.xlarge Hrs 0.145 0.3
    BoxUsage:r6i.2xlarge Hrs 0.504 0.2
EC2 - Other | AmazonEC2 | 13600 | even steady everywhere
    EBS:VolumeUsage.gp3 GB-Mo 0.08 0.55
    NatGateway-Hours Hrs 0.045 0.15
    NatGateway-Bytes GB 0.045 0.3
Amazon Relational Database Service | AmazonRDS | 20500 | even steady
    InstanceUsage:db.r6g.xlarge Hrs 0.43 0.7
    RDS:GP3-Storage GB-Mo 0.115 0.2
    RDS:ChargedBackupUsage GB-Mo 0.095 0.1
Amazon Simple Storage Service | AmazonS3 | 12400 | even steady everywhere
    TimedStorage-ByteHrs GB-Mo 0.023 0.8
    Requests-Tier1 Requests 0.000005 0.15
    Requests-Tier2 Requests 0.0000004 0.05
Amazon Bedrock | AmazonBedrock | 6800 | office fast
    InputTokenCount 1K-tokens 0.003 0.4
    OutputTokenCount 1K-tokens 0.015 0.6
AmazonCloudWatch | AmazonCloudWatch | 5600 | even steady everywhere
    DataProcessing-Bytes GB 0.5 0.6
    CW:MetricMonitorUsage Metrics 0.3 0.4
AWS Lambda | AWSLambda | 5200 | shop steady
    Lambda-GB-Second Lambda-GB-Second 0.0000166667 0.85
    Request Requests 0.0000002 0.15
Amazon Redshift | AmazonRedshift | 5100 | office shrinking
    Node:ra3.xlplus Node-Hrs 1.086
Amazon DynamoDB | AmazonDynamoDB | 4300 | shop steady
    PayPerRequestThroughput ReadRequestUnits 0.00000025 0.7
    TimedStorage-ByteHrs GB-Mo 0.25 0.3
Amazon SageMaker | AmazonSageMaker | 3900 | office fast
    Train:ml.g5.2xlarge Hrs 1.515 0.7
    Host:ml.m5.xlarge Hrs 0.23 0.3
Amazon CloudFront | AmazonCloudFront | 3800 | shop steady global
    DataTransfer-Out-Bytes GB 0.085 0.8
    Requests-HTTPS-Proxy Requests 0.000001 0.2
Amazon Elastic Container Service | AmazonECS | 3600 | shop steady
    Fargate-vCPU-Hours:perCPU hours 0.04048 0.7
    Fargate-GB-Hours hours 0.004445 0.3
Amazon ElastiCache | AmazonElastiCache | 3300 | even flat
    NodeUsage:cache.r6g.large Hrs 0.206
Amazon Elastic Load Balancing | AWSELB | 3100 | shop steady
    LoadBalancerUsage Hrs 0.0225 0.6
    LCUUsage LCU-Hrs 0.008 0.4
Amazon Elastic Container Service for Kubernetes | AmazonEKS | 2900 | even flat
    AmazonEKS-Hours:perCluster Hours 0.10
Amazon OpenSearch Service | AmazonES | 2900 | even steady
    ESInstance:r6g.large.search Hrs 0.167
AWS Data Transfer | AWSDataTransfer | 2700 | shop steady
    DataTransfer-Out-Bytes GB 0.09 0.75
    DataTransfer-Regional-Bytes GB 0.01 0.25
AWS Glue | AWSGlue | 2300 | office shrinking
    ETL-DPU-Hour DPU-Hour 0.44
Amazon Virtual Private Cloud | AmazonVPC | 2300 | even flat everywhere
    PublicIPv4:InUseAddress Hrs 0.005 0.6
    VpcEndpoint-Hours Hrs 0.01 0.4
Amazon Kinesis | AmazonKinesis | 1150 | shop steady
    Storage-ShardHour ShardHour 0.015
Amazon GuardDuty | AmazonGuardDuty | 840 | even steady
    PaidEventsAnalyzed Events 0.000004
AWS Backup | AWSBackup | 640 | even steady
    WarmStorage-ByteHrs-EBS GB-Month 0.05
AWS Config | AWSConfig | 560 | office steady everywhere
    ConfigurationItemRecorded ConfigurationItemRecorded 0.003
Amazon API Gateway | AmazonApiGateway | 480 | shop steady
    ApiGatewayHttpRequest Requests 0.000001
AWS CloudTrail | AWSCloudTrail | 390 | office steady everywhere
    PaidEventsRecorded Events 0.00002 1
    FreeEventsRecorded Events 0.00002 0.4 free
AWS WAF | awswaf | 330 | shop flat
    WebACLV2 Months 5
AWS Key Management Service | awskms | 280 | even flat everywhere
    KMS-Keys Keys 1 0.9
    KMS-Requests Requests 0.000003 0.1
Amazon Route 53 | AmazonRoute53 | 210 | even flat global
    DNS-Queries Queries 0.0000004 0.7
    HostedZone HostedZone 0.5 0.3
Amazon Simple Queue Service | AWSQueueService | 160 | shop steady
    Requests-Tier1 Requests 0.0000004
AWS CodeArtifact | AWSCodeArtifact | 0.0153 | office flat
    TimedStorage-ByteHrs GB-Mo 0.05
"""
"""Service | code | dollars a month | traits, then its usage types: name, unit, price, part of the cost, traits."""


def _services() -> Iterator[ServiceKind]:
    for block in re.split(r"\n(?! )", _TABLE.strip()):
        head, *metered = block.splitlines()
        name, code, monthly_cost, traits = head.split(" | ")
        rhythm, growth, *rest = traits.split()
        yield ServiceKind(
            name,
            code,
            Decimal(monthly_cost),
            tuple(_usage_type(line) for line in metered),
            Rhythm(rhythm),
            Growth(growth),
            "global" in rest,
            "everywhere" in rest,
        )


def _usage_type(line: str) -> UsageType:
    name, unit, price, *rest = line.split()
    return UsageType(name, unit, Decimal(price), Decimal(rest[0]) if rest else Decimal(1), "free" in rest)


SERVICES = tuple(_services())
SERVICE_CODES = {s.name: s.code for s in SERVICES}

PAYER_ID = "111122223333"

_ACCOUNTS = """
management||Shared|2|
log-archive|Security|Shared|3|audit-trail
security-tooling|Security|Shared|3|detection
network-hub|Platform|Shared|6|transit
shared-services||Shared|8|build-farm,artifact-store
platform-prod|Platform|Production|12|runtime,observability
platform-staging|Platform|Staging|3|runtime
payments-prod|Payments|Production|14|checkout,settlement,fraud-check
payments-staging|Payments|Staging|3|checkout
payments-dev|Payments|Development|2|checkout
storefront-prod|Storefront|Production|16|catalog,cart,images
storefront-staging|Storefront|Staging|3|catalog
search-prod|Search|Production|9|search-index,suggestions
search-dev|Search|Development|2|search-index
data-lake-prod|Data|Production|18|lakehouse,reporting
data-lake-dev|Data|Development|4|lakehouse
ml-research|Data|Sandbox|7|recommendations
mobile-api-prod|Mobile|Production|8|mobile-gateway,push
mobile-api-dev|Mobile|Development|2|mobile-gateway
developer-sandbox|Platform|Sandbox|3|
"""

_REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "eu-central-1")
USAGE_TYPE_PREFIXES = {"us-east-1": "", "us-west-2": "USW2-", "eu-west-1": "EU-", "eu-central-1": "EUC1-"}

SHARED_ACCOUNT_TEAMS = {"AmazonEC2": "Platform", "AmazonRDS": "Data", "AmazonES": "Search", "AmazonS3": "Data"}
"""The one account that several teams share: its team follows from the service code, the rest is nobody's."""


def accounts(count: int) -> tuple[Account, ...]:
    """The first `count` accounts; the payer is the first. Beyond the named ones they are numbered workloads."""
    named = [_account(i, row) for i, row in enumerate(_ACCOUNTS.strip().splitlines()[:count])]
    teams = sorted({a.team for a in named if a.team}) or ["Platform"]
    numbered = [
        Account(_account_id(i), f"workload-{i:04d}", teams[i % len(teams)], "Production", 1 + i % 9, (f"app-{i % 40}",))
        for i in range(len(named), count)
    ]
    return (*named, *numbered)


def few_accounts(count: int) -> tuple[Account, ...]:
    """The payer, the shared account, then the ones with the most use."""
    payer, *others = accounts(max(count, 20))
    return (payer, *sorted(others, key=lambda a: (not a.is_shared, -a.weight)))[:count]


def _account(index: int, row: str) -> Account:
    name, team, environment, weight, applications = row.split("|")
    return Account(
        _account_id(index),
        name,
        team,
        environment,
        int(weight),
        tuple(a for a in applications.split(",") if a),
        _REGIONS[index % 2],
        is_shared=name == "shared-services",
    )


def _account_id(index: int) -> str:
    return PAYER_ID if index == 0 else f"{200_000_000_000 + index * 7_919_317_043 % 799_999_999_999:012d}"


def second_region(region: str) -> str:
    """Where an account keeps what it does not keep at home."""
    return _REGIONS[_REGIONS.index(region) + 2]
