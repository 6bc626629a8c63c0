"""Lint every contract in one process of datacontract-cli; its own environment runs this (see `.ci/run`). Fails on the first that is wrong."""

from __future__ import annotations

import sys

from datacontract.data_contract import DataContract

for contract in sys.argv[1:]:
    run = DataContract(data_contract_file=contract).lint()
    if run.result != "passed":
        sys.exit(
            "\n".join([f"wrong: {contract}", *(f"  {check.name}: {check.reason}" for check in run.checks if check.result != "passed")])
        )
    print(f"valid: {contract}")
