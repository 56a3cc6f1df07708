"""The second half of the seeded cells, in a file of its own: a parallel run shares files out."""

from __future__ import annotations

import pytest

from glassbox.cli.demo_brand import Brand
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.torture.seeded_cells import check_half


# About a second of processor time a cell; a machine that others use as well takes several.
@pytest.mark.timeout(1200)
def test_no_cell_of_the_second_half_breaks_a_promise_and_every_blow_falls(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    check_half(1, database, desk, brand)
