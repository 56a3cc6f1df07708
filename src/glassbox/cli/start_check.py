"""require_sound(): no process starts in an installation that the doctor calls wrong."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from glassbox.operations import vault
from glassbox.operations.key_service import why_shut
from glassbox.operations.sealing import SIGN_IN, SIGN_IN_KEYSET_NAME
from glassbox.queries.installation import installation_facts
from glassbox.rules.installation import problems
from glassbox.rules.installation_facts import InstallationFacts
from glassbox.rules.verdicts import Refused


class InstallationWrong(Refused):
    """Something is set so that the process must not run; the doctor says the same."""

    code = "installation.wrong"


def facts_of(process: str) -> InstallationFacts:
    """Return what the checks look at, with what the key service says to this process."""
    facts = installation_facts(process)
    if not facts.kek_url:
        return facts
    keyset = Path(settings.GLASSBOX_KEYS_FOLDER) / SIGN_IN_KEYSET_NAME
    files = [*((path, vault.PURPOSE) for path in vault.private_files()), (keyset, SIGN_IN)]
    said = [why_shut(*one) for one in files if os.access(one[0], os.R_OK)]
    return replace(facts, kek_away=next(filter(None, said), ""))


def require_sound(process: str) -> None:
    """Refuse to start a process with the doctor's own id, sentence and remedy; print what warns.

    :raises InstallationWrong: naming everything that stops this process
    """
    found = problems(facts_of(process))
    for one in found:
        if not one.stops:
            sys.stderr.write(f"glassbox {process} warns: {one.id}: {one.sentence} {one.remedy}\n")
    stops = [f"{one.id}: {one.sentence} {one.remedy}" for one in found if one.stops]
    if stops:
        raise InstallationWrong(f"{process} does not start. " + "\n  ".join(stops))
