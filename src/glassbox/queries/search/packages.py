"""Packages: by their UID or its last digits, by the UID on their units, and by what they come from."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import Q

from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.packages import Package
from glassbox.models.transfers import TransferPackage
from glassbox.queries.search.hits import HITS_PER_KIND, Question, SearchHit, begins_with
from glassbox.rules.labels import is_label

STEPS_AT_MOST = 12

DESCENDANTS = """
    WITH RECURSIVE below (label, step) AS (
        SELECT child_label, 1 FROM package_lineage
        WHERE license_id = ANY (%(licenses)s) AND parent_label = %(label)s
        UNION
        SELECT lineage.child_label, below.step + 1
        FROM package_lineage AS lineage JOIN below ON lineage.parent_label = below.label
        WHERE lineage.license_id = ANY (%(licenses)s) AND below.step < %(steps)s
    )
    SELECT label FROM below GROUP BY label ORDER BY min(step), label LIMIT %(most)s
"""


def packages_by_label(question: Question) -> Iterator[SearchHit]:
    """Yield packages whose UID ends like this."""
    ending = begins_with("label_reversed", question.upper[::-1])
    for package in Package.objects.filter(question.here, ending).order_by(
        "label_reversed", "license_id"
    )[:HITS_PER_KIND]:
        yield _hit(question, package, "Package", is_exact=question.is_whole(package.label))


def packages_by_printed_label(question: Question) -> Iterator[SearchHit]:
    """Yield packages whose units carry another package's UID that ends like this."""
    ending = begins_with("printed_label_reversed", question.upper[::-1])
    found = Package.objects.filter(question.here, ending, printed_label__gt="")
    for package in found.order_by("printed_label_reversed", "label")[:HITS_PER_KIND]:
        if package.printed_label != package.label:
            yield _hit(
                question,
                package,
                "Units that carry this UID",
                is_exact=question.is_whole(package.printed_label),
            )


def packages_made_of_it(question: Question) -> Iterator[SearchHit]:
    """Yield what was made of the package of this UID, at most 12 steps on."""
    if not is_label(question.upper):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            DESCENDANTS,
            {
                "licenses": list(question.license_ids),
                "label": question.upper,
                "steps": STEPS_AT_MOST,
                "most": HITS_PER_KIND,
            },
        )
        labels = [label for (label,) in cursor.fetchall()]
    found = Package.objects.filter(question.here, label__in=labels)
    # What already is found by its printed UID is not told twice.
    for package in found.exclude(printed_label=question.upper).order_by("label")[:HITS_PER_KIND]:
        yield _hit(question, package, "Made of this UID")


def packages_by_batch(question: Question) -> Iterator[SearchHit]:
    """Yield the packages of a production batch, as one list for each licence."""
    number = Q(production_batch_number__in={question.text, question.upper})
    found = Package.objects.filter(question.here, number).values_list(
        "license_id", "production_batch_number"
    )
    for license_id, batch in found.order_by("license_id", "production_batch_number").distinct():
        yield SearchHit(
            what="Packages of a batch",
            title=batch,
            detail="every package that METRC ties to this production batch",
            license_number=question.numbers[license_id],
            address=question.place(license_id, f"packages/?view=all&text={batch}"),
        )


def unused_tags(question: Question) -> Iterator[SearchHit]:
    """Yield a tag of ours that is on no package yet, or is damaged."""
    found = Tag.objects.filter(question.here, label=question.upper).exclude(status=TagStatus.USED)
    for tag in found.order_by("license_id"):
        yield SearchHit(
            what="Tag",
            title=tag.label,
            detail=f"on no package; {tag.status.lower()}",
            license_number=question.numbers[tag.license_id],
            address=question.place(tag.license_id, f"scan/?text={tag.label}"),
            is_exact=True,
            is_label=True,
        )


def manifests_with_it(question: Question) -> Iterator[SearchHit]:
    """Yield the deliveries that carry the package of this UID."""
    found = TransferPackage.objects.filter(question.here, label=question.upper)
    for row in found.select_related("transfer").order_by("-id")[:HITS_PER_KIND]:
        transfer = row.transfer
        yield SearchHit(
            what="On a manifest",
            title=transfer.manifest_number or transfer.template_name or f"transfer {transfer.pk}",
            detail=f"{transfer.direction.lower()}, {transfer.state.lower().replace('_', ' ')}",
            license_number=question.numbers[row.license_id],
            address=question.place(row.license_id, f"transfers/{transfer.pk}/"),
        )


def _hit(question: Question, package: Package, what: str, *, is_exact: bool = False) -> SearchHit:
    return SearchHit(
        what=what,
        title=package.label,
        detail=package.item_name,
        license_number=question.numbers[package.license_id],
        address=question.place(package.license_id, f"packages/{package.label}/"),
        is_exact=is_exact,
        is_label=True,
    )
