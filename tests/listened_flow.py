"""`python -m tests.listened_flow S01`: the command's flow, searched for its secrets before it is struck."""

from __future__ import annotations

import sys

from glassbox.cli.scenarios.stage import Stage
from glassbox.config.console import main
from tests import listening

strike = Stage.strike


def heard_and_struck(stage: Stage) -> None:
    """Search database, files and log of a flow for the secrets of its world; then end it."""
    try:
        if stage.urls is not None:
            listening.hear(stage.keys(), {}, stage.urls)
            secrets = set(listening.secrets_of(stage.keys(), {}, stage.urls).values())
            listening.search_database(stage.urls)
            places = [stage.cluster.data, stage.cluster.log]
            listening.must_be_empty(listening.search(secrets, places))
    finally:
        strike(stage)


if __name__ == "__main__":
    Stage.strike = heard_and_struck  # type: ignore[method-assign]
    sys.exit(main(["flow", *sys.argv[1:]]))
