"""What a discontinued package gives back to the harvests and plant batches it was packed from."""

from __future__ import annotations

from metrc_simulator.act import Act, Refused
from metrc_simulator.records import Record
from metrc_simulator.wire import plain


def give_back(act: Act, package: Record) -> None:
    """Return a package's weight to its harvests and its plants to their batch.

    A finished harvest takes nothing back: what it had is counted as moisture already.
    """
    for row in package.facts.get("grown_from", []):
        origin = act.own(row["kind"], row["id"])
        quantity = row["quantity"]
        if origin.kind == "harvests":
            if origin.list_name != "active":
                raise Refused(f"Harvest {origin.body['Name']} is finished.")
            origin.body["CurrentWeight"] = plain(origin.body["CurrentWeight"] + quantity)
            packaged = origin.body["TotalPackagedWeight"] - quantity
            origin.body["TotalPackagedWeight"] = plain(packaged)
            origin.body["PackageCount"] -= 1
        else:
            origin.body["UntrackedCount"] += int(quantity)
            origin.body["PackagedCount"] -= int(quantity)
            origin.list_name = "active"
        act.save(origin)
        act.effect("quantity restored", kind=origin.kind, id=origin.id, quantity=quantity)
