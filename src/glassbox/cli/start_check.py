"""require_sound(): no process starts in an installation that the doctor calls wrong."""

from __future__ import annotations

import sys

from glassbox.queries.installation import installation_facts
from glassbox.rules.installation import problems
from glassbox.rules.verdicts import Refused


class InstallationWrong(Refused):
    """Something is set so that the process must not run; the doctor says the same."""

    code = "installation.wrong"


def require_sound(process: str) -> None:
    """Refuse to start a process with the doctor's own id, sentence and remedy; print what warns.

    :raises InstallationWrong: naming everything that stops this process
    """
    found = problems(installation_facts(process))
    for one in found:
        if not one.stops:
            sys.stderr.write(f"glassbox {process} warns: {one.id}: {one.sentence} {one.remedy}\n")
    stops = [f"{one.id}: {one.sentence} {one.remedy}" for one in found if one.stops]
    if stops:
        raise InstallationWrong(f"{process} does not start. " + "\n  ".join(stops))
