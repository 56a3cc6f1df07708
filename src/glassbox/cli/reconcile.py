"""`glassbox reconcile --license NUMBER`: compare our book with METRC's newest word, now."""

from __future__ import annotations

import argparse
import sys

from glassbox import clock
from glassbox.operations.reconciliation import reconcile_license
from glassbox.queries.licenses import license_id_of, report_summary
from glassbox.rules.actor import system_actor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the licence."""
    parser.add_argument("--license", required=True, metavar="NUMBER")


def run(arguments: argparse.Namespace) -> int:
    """Compare and print every difference; exit 1 if there is one."""
    actor = system_actor("command line")
    license_id = license_id_of(actor=actor, number=arguments.license)
    report_id = reconcile_license(actor=actor, license_id=license_id, now=clock.now())
    summary = report_summary(actor=actor, license_id=license_id, report_id=report_id)
    for sentence in summary.differences:
        sys.stdout.write(f"{sentence}\n")
    sys.stdout.write(f"{summary.agreeing:,} of {summary.packages:,} packages agree.\n")
    return 1 if summary.differences else 0
