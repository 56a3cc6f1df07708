"""`glassbox flow NAME|FILE`: run a scenario headless, in data that are thrown away after it."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import django

from glassbox.cli.scenarios.language import Scenario, load_scenario
from glassbox.cli.scenarios.stage import Stage
from glassbox.rules.verdicts import Refused


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the scenario and how to tell of it."""
    parser.add_argument("scenario", help="a name such as S14, or a file in the same language")
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.add_argument(
        "--export", type=Path, metavar="DIR", help="write the run's ledger there, to be verified"
    )
    parser.add_argument("--kills", type=int, default=0, help="end the worker so often, by kill -9")
    parser.add_argument("--seed", type=int, default=1, help="which moments the kills choose")
    parser.add_argument(
        "--every", type=int, default=45, help="calls of METRC between two kills, on average"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the scenario; exit 0 only if every expectation held."""
    scenario = load_scenario(find_scenario(arguments.scenario))
    stage = Stage(scenario)
    try:
        stage.set()
        return _play(scenario, stage, arguments)
    finally:
        stage.strike()


def find_scenario(name: str) -> Path:
    """Return the file of a scenario by its name or path.

    :raises Refused: naming the scenarios that there are
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return path
    folder = Path(__file__).parent / "scenarios" / "files"
    packaged = folder / f"{name}.yaml"
    if not packaged.exists():
        known = ", ".join(sorted(one.stem for one in folder.glob("*.yaml")))
        raise Refused(f"There is no scenario {name!r}. There are {known}; or give a .yaml file.")
    return packaged


def _play(scenario: Scenario, stage: Stage, arguments: argparse.Namespace) -> int:
    # Django reads the throw-away database's address from our environment, so it can stand only
    # now, and what needs it can be imported only after it.
    django.setup()
    runner = importlib.import_module("glassbox.cli.scenarios.runner")
    telling = importlib.import_module("glassbox.cli.scenarios.telling")

    def tell(line: str) -> None:
        (sys.stderr if arguments.json else sys.stdout).write(f"{line}\n")

    tell(f"{scenario.name}: {scenario.title}")
    killer = None
    if arguments.kills:
        killing = importlib.import_module("glassbox.cli.scenarios.killing")
        killer = killing.Killer(
            stage, kills=arguments.kills, seed=arguments.seed, every_calls=arguments.every
        )
    played = runner.run_scenario(scenario, stage, tell, killer=killer)
    runner.wait_for_numbers(played)
    told: dict[str, Any] = telling.as_json(played)
    if arguments.export is not None:
        audit = importlib.import_module("glassbox.cli.audit")
        audit.export(arguments.export)
    if arguments.json:
        sys.stdout.write(json.dumps(told, indent=2, default=str) + "\n")
    failed = [outcome for outcome in played.outcomes if not outcome.held]
    for outcome in failed:
        sys.stderr.write(
            f"{scenario.path}, line {outcome.line}: expected that {outcome.text}; {outcome.found}\n"
        )
    for sentence in told["ledger"]["untold"]:
        sys.stderr.write(f"METRC's journal and the ledger differ. {sentence}\n")
    tell(
        f"{len(played.outcomes) - len(failed)} of {len(played.outcomes)} expectations held, "
        f"{told['ledger']['events']} events in the ledger, "
        f"{len(told['metrc_calls'])} calls of METRC"
    )
    return 1 if failed or told["ledger"]["untold"] or not told["ledger"]["verified"] else 0
