"""A made-up organization behind a real Cost Explorer endpoint on loopback.

Every answer is computed from a ledger of charges whose truth is known, so that the program can be tried without an
AWS account and tested to the last digit. `organization` makes the ledger, `server` serves it, `faults` spoils it on
request.
"""
