"""The sample endpoint, asked over HTTP by a real boto3 client and checked against sums made in plain Python."""
