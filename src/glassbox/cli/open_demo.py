"""`glassbox open-demo`: open the invented brand with the keys of a simulator's world."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

from django.conf import settings

from glassbox import clock
from glassbox.audit.signer import sign_once
from glassbox.cli.demo_brand import open_brand, write_people_file
from glassbox.rules.verdicts import Refused

# The demo world has some months of history; METRC is read back this far.
HISTORY = timedelta(days=45)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; it has none."""


def run(arguments: argparse.Namespace) -> int:
    """Open the brand; refused in production."""
    if settings.IS_PRODUCTION:
        raise Refused("The demo's brand is never opened in staging or production.")
    with urlopen(f"{settings.GLASSBOX_METRC_URL}/desk/api/keys", timeout=20) as answer:
        keys = json.load(answer)
    now = clock.now()
    brand = open_brand(metrc_users=keys["users"], sync_from=now - HISTORY, now=now)
    # The ledger's key is made now: the witness, which starts before the signer, has to know it.
    sign_once(
        settings.GLASSBOX_SIGNER_DATABASE_URL,
        settings.GLASSBOX_SIGNER_FOLDER,
        settings.GLASSBOX_LEDGER_KEY_FILE,
        settings.GLASSBOX_LEDGER_ORIGIN,
    )
    write_people_file(Path(settings.GLASSBOX_DEMO_PEOPLE_FILE), brand)
    sys.stdout.write("The demo's brand is open.\n")
    return 0
