import re

import pytest

from glassbox.rules.permissions import ROLE_PERMISSIONS, Permission, Role, permissions_of

READS = {Permission.PACKAGE_READ, Permission.AUDIT_READ}
PEOPLE = [role for role in Role if role is not Role.SYSTEM]


def holders(permission: Permission) -> set[Role]:
    return {role for role in Role if permission in ROLE_PERMISSIONS[role]}


def test_every_role_has_a_row() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_is_written_as_resource_and_verb_and_held_by_somebody(
    permission: Permission,
) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", permission.value)
    assert holders(permission)


def test_the_auditor_reads_and_does_nothing_else() -> None:
    # A token of theirs reads too, and carries no more than they may.
    assert ROLE_PERMISSIONS[Role.AUDITOR] == READS | {Permission.TOKEN_HOLD}


def test_only_the_system_sends_and_it_never_drafts_approves_or_attests() -> None:
    assert holders(Permission.ACTION_SUBMIT) == {Role.SYSTEM}
    named = {p for p in Permission if p.value.startswith("action.")} - {Permission.ACTION_SUBMIT}
    assert not ROLE_PERMISSIONS[Role.SYSTEM] & named


def test_only_quality_releases_and_quality_never_makes_packs_or_counts() -> None:
    assert holders(Permission.QA_RELEASE) == {Role.QA_MANAGER}
    making = {Permission.BATCH_RECORD, Permission.LABEL_COUNT, Permission.COUNT_RECORD}
    assert not ROLE_PERMISSIONS[Role.QA_MANAGER] & making


def test_risky_actions_are_approved_by_compliance_alone() -> None:
    assert holders(Permission.ACTION_APPROVE_HIGH) == {Role.COMPLIANCE_MANAGER}


def test_the_production_lead_who_drafts_cannot_approve_or_release() -> None:
    lead = ROLE_PERMISSIONS[Role.PRODUCTION_LEAD]
    assert Permission.ACTION_DRAFT in lead
    assert not lead & {
        Permission.ACTION_APPROVE_STANDARD,
        Permission.ACTION_APPROVE_HIGH,
        Permission.QA_RELEASE,
        Permission.BATCH_VERIFY,
    }


def test_many_hands_may_place_a_quarantine_and_few_may_lift_it() -> None:
    assert holders(Permission.PACKAGE_LIFT_HOLD) < holders(Permission.PACKAGE_HOLD)
    assert Role.PACKAGER in holders(Permission.PACKAGE_HOLD)


def test_two_roles_give_the_sum_of_both() -> None:
    both = permissions_of(frozenset({Role.AUDITOR, Role.PACKAGER}))
    assert both == ROLE_PERMISSIONS[Role.AUDITOR] | ROLE_PERMISSIONS[Role.PACKAGER]
    assert permissions_of(frozenset()) == frozenset()
