"""`glassbox doctor`: say what is wrong with this installation, each with an id and a remedy."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from glassbox.cli.start_check import facts_of
from glassbox.rules.installation import problems


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how the findings are printed."""
    parser.add_argument("--json", action="store_true", help="print one object for a machine")


def run(arguments: argparse.Namespace) -> int:
    """Print every finding; exit 1 if one of them is grave, 0 otherwise."""
    facts = facts_of("doctor")
    found = problems(facts)
    if arguments.json:
        text = {"environment": facts.environment, "problems": [asdict(one) for one in found]}
        sys.stdout.write(json.dumps(text, indent=2) + "\n")
    else:
        for one in found:
            grade = "WRONG" if one.stops else "warns"
            sys.stdout.write(f"{grade}  {one.id}  {one.sentence}\n       {one.remedy}\n")
        sys.stdout.write(f"{len(found)} findings in {facts.environment}.\n")
    return 1 if any(one.stops for one in found) else 0
