"""A scanned word that is no package here: precisely what it is, and what to do with it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from glassbox.models.actions import RegulatedAction
from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.companies import License
from glassbox.models.packages import Package, PackageLineage
from glassbox.models.transfers import Transfer, TransferPackage
from glassbox.queries.action_labels import naming
from glassbox.queries.frame import ENDED_STATES
from glassbox.queries.labels.sheet import UnknownKind, UnknownLabel
from glassbox.rules.labels import STATE_PREFIX, is_label

LINKS_AT_MOST = 5

TAG_ANSWERS = {
    TagStatus.RECEIVED: (
        UnknownKind.UNUSED_TAG,
        "A tag of ours that is on no package yet.",
        "If it hangs on goods, do not move them: they are not in METRC. Take the tag off, or draft"
        " the package that it is for. Otherwise put it back to the unused tags.",
    ),
    TagStatus.DAMAGED: (
        UnknownKind.DAMAGED_TAG,
        "A tag of ours that was noted as damaged. It must never be used.",
        "If it hangs on goods, hold them and open a case: they bear a tag that METRC knows as void."
        " Otherwise destroy the tag as your procedure says.",
    ),
    TagStatus.USED: (
        UnknownKind.USED_TAG,
        "A tag of ours that was used, and no package of it has been read from METRC yet.",
        "Wait for the next read of METRC and scan it again; if it still is not there, open a case.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What our database holds of words that are no package in sight."""

    tags: dict[str, Tag]
    actions: dict[str, tuple[str, int, str]]
    elsewhere: dict[str, str]
    manifests: dict[str, tuple[str, Transfer]]
    carriers: dict[str, list[tuple[str, str]]]
    children: dict[str, list[tuple[str, str]]]


def unknown_labels(
    license_ids: Collection[int], visible: Collection[int], words: Collection[str]
) -> tuple[UnknownLabel, ...]:
    """Return what each word is; seven statements inside the caller's read transaction."""
    known = _known(license_ids, visible, words)
    return tuple(_answer(word, known) for word in words)


def _known(
    license_ids: Collection[int], visible: Collection[int], words: Collection[str]
) -> _Known:
    numbers = dict(License.objects.filter(id__in=visible).values_list("id", "number"))
    elsewhere = {
        label: numbers[license_id]
        for label, license_id in Package.objects.filter(
            license_id__in=set(visible) - set(license_ids), label__in=words
        ).values_list("label", "license_id")
    }
    carried = TransferPackage.objects.filter(license_id__in=license_ids, label__in=words)
    carriers: dict[str, list[tuple[str, str]]] = {}
    for label, printed, license_id in Package.objects.filter(
        license_id__in=license_ids,
        printed_label__gt="",
        printed_label_reversed__in={word[::-1] for word in words},
    ).values_list("label", "printed_label", "license_id"):
        carriers.setdefault(printed, []).append(_package_link(label, numbers[license_id]))
    children: dict[str, list[tuple[str, str]]] = {}
    for parent, child, license_id in PackageLineage.objects.filter(
        license_id__in=license_ids, parent_label__in=words
    ).values_list("parent_label", "child_label", "license_id"):
        children.setdefault(parent, []).append(_package_link(child, numbers[license_id]))
    live = RegulatedAction.objects.filter(
        naming(license_ids, words), license_id__in=license_ids
    ).exclude(state__in=ENDED_STATES)
    return _Known(
        actions={
            label: (numbers[license_id], action_id, sentence)
            for license_id, action_id, sentence, labels in live.order_by("id").values_list(
                "license_id", "id", "effect_sentence", "labels"
            )
            for label in labels
        },
        tags={
            tag.label: tag
            for tag in Tag.objects.filter(license_id__in=license_ids, label__in=words)
        },
        elsewhere=elsewhere,
        manifests={
            row.label: (numbers[row.license_id], row.transfer)
            for row in carried.select_related("transfer").order_by("id")
        },
        carriers=carriers,
        children=children,
    )


def _package_link(label: str, number: str) -> tuple[str, str]:
    return (label, f"/l/{number}/packages/{label}/")


def _answer(word: str, known: _Known) -> UnknownLabel:
    if not is_label(word):
        return _not_a_tag(word)
    if word in known.tags:
        return _tag(word, known)
    for describe in (_elsewhere, _on_manifest, _printed, _source):
        answer = describe(word, known)
        if answer is not None:
            return answer
    return _unknown(word)


def _not_a_tag(word: str) -> UnknownLabel:
    return UnknownLabel(
        word=word,
        kind=UnknownKind.NOT_A_TAG,
        sentence=f"Not a METRC tag: it has {len(word)} characters, a tag has 24 digits and letters.",
        what_to_do="Scan the tag itself, not a barcode of the product or of the box; or type its"
        " last digits into the search field.",
        links=(("Search for it", f"search/?list=1&text={word}"),),
    )


def _tag(word: str, known: _Known) -> UnknownLabel:
    kind, sentence, what_to_do = TAG_ANSWERS[TagStatus(known.tags[word].status)]
    links: tuple[tuple[str, str], ...] = ()
    if word in known.actions:
        number, action_id, effect = known.actions[word]
        sentence = f"{sentence} Action {action_id} is to use it: {effect}"
        what_to_do = "See how far the action is; METRC does not know the package yet."
        links = ((f"Action {action_id}", f"/l/{number}/actions/{action_id}/"),)
    return UnknownLabel(word=word, kind=kind, sentence=sentence, what_to_do=what_to_do, links=links)


def _elsewhere(word: str, known: _Known) -> UnknownLabel | None:
    if word not in known.elsewhere:
        return None
    number = known.elsewhere[word]
    return UnknownLabel(
        word=word,
        kind=UnknownKind.OTHER_LICENSE,
        sentence=f"Not held by this licence: it is a package of our licence {number}.",
        what_to_do="If it stands in these rooms it is in the wrong premises: hold it, and find the"
        " transfer that should have brought it.",
        links=((f"Open it at {number}", f"/l/{number}/packages/{word}/"),),
    )


def _on_manifest(word: str, known: _Known) -> UnknownLabel | None:
    if word not in known.manifests:
        return None
    number, transfer = known.manifests[word]
    manifest = transfer.manifest_number or transfer.template_name
    return UnknownLabel(
        word=word,
        kind=UnknownKind.ON_MANIFEST,
        sentence=f"Not in our book: it is on manifest {manifest}"
        f" ({transfer.state.lower().replace('_', ' ')}), and METRC does not show it as ours.",
        what_to_do="If the goods are here, receive the delivery in METRC, or reject this package;"
        " until then they may not be used.",
        links=((f"Manifest {manifest}", f"/l/{number}/transfers/{transfer.pk}/"),),
    )


def _printed(word: str, known: _Known) -> UnknownLabel | None:
    if word not in known.carriers:
        return None
    return UnknownLabel(
        word=word,
        kind=UnknownKind.PRINTED,
        sentence="No package of this licence, but units of ours carry this UID: they were packed"
        " under it before they were split.",
        what_to_do="Scan the tag on the box as well; these packages hold such units.",
        links=tuple(known.carriers[word][:LINKS_AT_MOST]),
    )


def _source(word: str, known: _Known) -> UnknownLabel | None:
    if word not in known.children:
        return None
    return UnknownLabel(
        word=word,
        kind=UnknownKind.SOURCE,
        sentence="Another licensee's package: ours were made of it, and METRC shows us no more.",
        what_to_do="Look at what was made of it; units may carry its UID.",
        links=tuple(known.children[word][:LINKS_AT_MOST]),
    )


def _unknown(word: str) -> UnknownLabel:
    looks = "" if word.startswith(STATE_PREFIX) else " It does not begin like a California tag."
    return UnknownLabel(
        word=word,
        kind=UnknownKind.UNKNOWN,
        sentence="Unknown to us: no package, tag, manifest or source of this licence bears it."
        + looks,
        what_to_do="Set the goods apart and do not move them. Look for the manifest they came with;"
        " if there is none, open a case: untagged or foreign goods are on the premises.",
    )
