"""Where a page about the things of the main job lies, in whatever state it left them."""

from __future__ import annotations

import re

from glassbox.cli.demo_brand import MAKER, MOVER
from tests.browser.main_job import CARTS_TAG, Job

# Whose things the main job left at the manufacturer; all others lie at the distributor.
OF_THE_MAKER = ("batches/", "actions/")
AT_THE_DOOR = ("receipt_count", "rejection", "delivery_check", "settlement")


def address_of(job: Job, name: str, pattern: str) -> str:
    """Return the address of a page by its name, about the job's own package, batch, order, etc."""
    below = pattern.removeprefix("l/<str:license_number>/")
    number = MAKER if below.startswith(OF_THE_MAKER) or name in AT_THE_DOOR else MOVER
    things = {
        "batches/": job.places["batch"],
        "lab/": job.places["sample"],
        "orders/": job.places["order"],
        "actions/": job.places["action"],
        "transfers/": job.places[f"incoming {MAKER}" if name in AT_THE_DOOR else "outgoing"],
    }
    room = below.partition("/")[0] + "/"
    thing = things.get(room, "").rstrip("/").rpartition("/")[2] or "1"
    below = re.sub(r"<str:form_name>", "adjust", below)
    below = re.sub(r"<str:\w+>", CARTS_TAG, below)
    return f"/l/{number}/" + re.sub(r"<int:\w+>", thing, below)
