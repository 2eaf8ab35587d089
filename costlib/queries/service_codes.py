"""Service codes, which the rules of cost categories use, and the names under which Cost Explorer groups cost.

AWS publishes no complete list of pairs: these are the ones that are known. What is not here cannot be previewed, and
is said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping

SERVICES: Mapping[str, tuple[str, ...]] = {
    "AmazonEC2": ("Amazon Elastic Compute Cloud - Compute", "EC2 - Other"),
    "AmazonRDS": ("Amazon Relational Database Service",),
    "AmazonS3": ("Amazon Simple Storage Service",),
    "AmazonBedrock": ("Amazon Bedrock",),
    "AmazonCloudWatch": ("AmazonCloudWatch",),
    "AWSLambda": ("AWS Lambda",),
    "AmazonRedshift": ("Amazon Redshift",),
    "AmazonDynamoDB": ("Amazon DynamoDB",),
    "AmazonSageMaker": ("Amazon SageMaker",),
    "AmazonCloudFront": ("Amazon CloudFront",),
    "AmazonECS": ("Amazon Elastic Container Service",),
    "AmazonElastiCache": ("Amazon ElastiCache",),
    "AWSELB": ("Amazon Elastic Load Balancing",),
    "AmazonEKS": ("Amazon Elastic Container Service for Kubernetes",),
    "AmazonES": ("Amazon OpenSearch Service", "Amazon Elasticsearch Service"),
    "AWSDataTransfer": ("AWS Data Transfer",),
    "AWSGlue": ("AWS Glue",),
    "AmazonVPC": ("Amazon Virtual Private Cloud",),
    "AmazonKinesis": ("Amazon Kinesis",),
    "AmazonGuardDuty": ("Amazon GuardDuty",),
    "AWSBackup": ("AWS Backup",),
    "AWSConfig": ("AWS Config",),
    "AmazonRoute53": ("Amazon Route 53",),
    "AmazonEFS": ("Amazon Elastic File System",),
    "AWSQueueService": ("Amazon Simple Queue Service",),
    "AmazonSNS": ("Amazon Simple Notification Service",),
    "AmazonSES": ("Amazon Simple Email Service",),
    "AmazonAthena": ("Amazon Athena",),
    "AmazonECR": ("Amazon EC2 Container Registry (ECR)",),
    "AmazonApiGateway": ("Amazon API Gateway",),
    "AWSCloudTrail": ("AWS CloudTrail",),
    "awskms": ("AWS Key Management Service",),
    "AWSSecretsManager": ("AWS Secrets Manager",),
    "awswaf": ("AWS WAF",),
    "ElasticMapReduce": ("Amazon Elastic MapReduce",),
    "AmazonStates": ("AWS Step Functions",),
    "AWSSupportBusiness": ("AWS Support (Business)",),
    "AWSSupportEnterprise": ("AWS Support (Enterprise)",),
    "ComputeSavingsPlans": ("Savings Plans for AWS Compute usage",),
}
CODES: Mapping[str, str] = {name: code for code, names in SERVICES.items() for name in names}
