"""What may be asked for, the roles, and the one table between them."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """Name one thing an operation may ask for, as `<resource>.<verb>`."""

    PACKAGE_READ = "package.read"
    PACKAGE_HOLD = "package.hold"
    PACKAGE_LIFT_HOLD = "package.lift_hold"
    SYNC_RUN = "sync.run"
    ACTION_DRAFT = "action.draft"
    ACTION_REVIEW = "action.review"
    ACTION_APPROVE_STANDARD = "action.approve_standard"
    ACTION_APPROVE_HIGH = "action.approve_high"
    ACTION_SUBMIT = "action.submit"
    ACTION_WITHDRAW = "action.withdraw"
    ACTION_ATTEST = "action.attest"
    BATCH_OPEN = "batch.open"
    BATCH_RECORD = "batch.record"
    BATCH_VERIFY = "batch.verify"
    BATCH_CLOSE = "batch.close"
    LABEL_COUNT = "label.count"
    SAMPLE_TAKE = "sample.take"
    COA_FILE = "coa.file"
    QA_REVIEW = "qa.review"
    QA_RELEASE = "qa.release"
    ORDER_DRAFT = "order.draft"
    ORDER_CONFIRM = "order.confirm"
    TRANSFER_PLAN = "transfer.plan"
    TRANSFER_DISPATCH = "transfer.dispatch"
    INCOMING_CHECK = "incoming.check"
    COUNT_RECORD = "count.record"
    RECONCILIATION_RUN = "reconciliation.run"
    CASE_WORK = "case.work"
    INSPECTION_PREPARE = "inspection.prepare"
    INSPECTOR_MANAGE = "inspector.manage"
    VIEW_SAVE = "view.save"
    AUDIT_READ = "audit.read"
    AUDIT_VERIFY = "audit.verify"
    AUDIT_ERASE = "audit.erase"
    COMPANY_MANAGE = "company.manage"
    USER_REVIEW = "user.review"
    USER_DEACTIVATE = "user.deactivate"
    CREDENTIAL_MANAGE = "credential.manage"
    TOKEN_HOLD = "token.hold"
    ALERT_TAKE = "alert.take"
    ALERT_MANAGE = "alert.manage"
    OUTAGE_DECLARE = "outage.declare"
    TAKEOVER_WORK = "takeover.work"
    TAKEOVER_SWITCH = "takeover.switch"


class Role(StrEnum):
    """Name a job a person holds at one licence (rules.md section 12)."""

    PRODUCTION_LEAD = "PRODUCTION_LEAD"
    VERIFIER = "VERIFIER"
    PACKAGER = "PACKAGER"
    INVENTORY = "INVENTORY"
    QA_MANAGER = "QA_MANAGER"
    COMPLIANCE_MANAGER = "COMPLIANCE_MANAGER"
    DRIVER = "DRIVER"
    DISTRIBUTION_MANAGER = "DISTRIBUTION_MANAGER"
    AUDITOR = "AUDITOR"
    INSPECTOR = "INSPECTOR"
    SUPPORT = "SUPPORT"
    OWNER = "OWNER"
    SYSTEM = "SYSTEM"


# They read for a while, change nothing, and every page they see is remembered.
GUESTS = frozenset({Role.INSPECTOR, Role.SUPPORT})

P = Permission
_DRAFTER = frozenset({P.ACTION_DRAFT, P.ACTION_WITHDRAW, P.ACTION_ATTEST})
_APPROVER = frozenset({P.ACTION_REVIEW, P.ACTION_APPROVE_STANDARD, P.ACTION_WITHDRAW})

# Placing a quarantine is the one break-glass act: every hand on the goods may place one,
# few may lift it. The system drafts nothing, approves nothing and attests nothing.
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.PRODUCTION_LEAD: _DRAFTER
    | {P.PACKAGE_READ, P.PACKAGE_HOLD, P.SYNC_RUN, P.BATCH_OPEN, P.BATCH_RECORD, P.BATCH_CLOSE}
    | {P.TRANSFER_PLAN, P.CASE_WORK, P.ALERT_TAKE},
    Role.VERIFIER: _APPROVER
    | {P.PACKAGE_READ, P.PACKAGE_HOLD, P.BATCH_VERIFY, P.LABEL_COUNT, P.COUNT_RECORD, P.ALERT_TAKE},
    Role.PACKAGER: _DRAFTER
    | {P.PACKAGE_READ, P.PACKAGE_HOLD, P.BATCH_RECORD, P.LABEL_COUNT, P.ALERT_TAKE},
    Role.INVENTORY: _DRAFTER
    | {P.PACKAGE_READ, P.PACKAGE_HOLD, P.SYNC_RUN, P.INCOMING_CHECK, P.COUNT_RECORD}
    | {P.ORDER_DRAFT, P.TRANSFER_PLAN, P.RECONCILIATION_RUN, P.CASE_WORK, P.ALERT_TAKE},
    Role.QA_MANAGER: _DRAFTER
    | {P.PACKAGE_READ, P.PACKAGE_HOLD, P.PACKAGE_LIFT_HOLD, P.SYNC_RUN, P.ACTION_REVIEW}
    | {
        P.SAMPLE_TAKE,
        P.COA_FILE,
        P.QA_REVIEW,
        P.QA_RELEASE,
        P.CASE_WORK,
        P.AUDIT_READ,
        P.ALERT_TAKE,
    },
    Role.COMPLIANCE_MANAGER: _APPROVER
    | {P.PACKAGE_READ, P.PACKAGE_HOLD, P.PACKAGE_LIFT_HOLD, P.SYNC_RUN, P.ACTION_DRAFT}
    | {P.ACTION_APPROVE_HIGH, P.ACTION_ATTEST, P.TRANSFER_DISPATCH, P.RECONCILIATION_RUN}
    | {P.CASE_WORK, P.AUDIT_READ, P.ALERT_TAKE, P.ALERT_MANAGE, P.OUTAGE_DECLARE},
    Role.DRIVER: frozenset({P.PACKAGE_READ, P.ACTION_ATTEST, P.ALERT_TAKE}),
    Role.DISTRIBUTION_MANAGER: _DRAFTER
    | _APPROVER
    | {P.PACKAGE_READ, P.PACKAGE_HOLD, P.PACKAGE_LIFT_HOLD, P.SYNC_RUN, P.INCOMING_CHECK}
    | {
        P.ORDER_DRAFT,
        P.ORDER_CONFIRM,
        P.TRANSFER_PLAN,
        P.TRANSFER_DISPATCH,
        P.CASE_WORK,
        P.ALERT_TAKE,
    },
    Role.AUDITOR: frozenset({P.PACKAGE_READ, P.AUDIT_READ}),
    Role.INSPECTOR: frozenset({P.PACKAGE_READ, P.AUDIT_READ}),
    Role.SUPPORT: frozenset({P.PACKAGE_READ, P.AUDIT_READ}),
    Role.OWNER: frozenset(
        {P.PACKAGE_READ, P.PACKAGE_HOLD, P.AUDIT_READ, P.COMPANY_MANAGE, P.CREDENTIAL_MANAGE}
        | {P.AUDIT_ERASE}
        | {P.ALERT_TAKE, P.ALERT_MANAGE}
    ),
    Role.SYSTEM: frozenset(
        {P.PACKAGE_READ, P.PACKAGE_HOLD, P.SYNC_RUN, P.ACTION_SUBMIT, P.RECONCILIATION_RUN}
        | {P.CASE_WORK, P.ALERT_MANAGE}
    ),
}

# An inspector is served by whoever is in charge of the premises at that hour.
_IN_CHARGE = (
    Role.PRODUCTION_LEAD,
    Role.INVENTORY,
    Role.QA_MANAGER,
    Role.COMPLIANCE_MANAGER,
    Role.DISTRIBUTION_MANAGER,
    Role.OWNER,
)
ROLE_PERMISSIONS |= {
    role: ROLE_PERMISSIONS[role] | {P.INSPECTION_PREPARE, P.TAKEOVER_WORK} for role in _IN_CHARGE
}
# Whoever answers for the licence has the ledger recomputed; anybody does it offline.
ROLE_PERMISSIONS |= {
    role: ROLE_PERMISSIONS[role] | {P.AUDIT_VERIFY}
    for role in (Role.QA_MANAGER, Role.COMPLIANCE_MANAGER, Role.DISTRIBUTION_MANAGER, Role.OWNER)
}
# Who may let an inspector in for some days, and send them away.
ROLE_PERMISSIONS |= {
    role: ROLE_PERMISSIONS[role] | {P.INSPECTOR_MANAGE}
    for role in (Role.COMPLIANCE_MANAGER, Role.OWNER)
}
# Who works here keeps views of the lists; who only reads leaves nothing behind.
ROLE_PERMISSIONS |= {
    role: ROLE_PERMISSIONS[role] | {P.VIEW_SAVE}
    for role in Role
    if role not in GUESTS | {Role.AUDITOR, Role.SYSTEM}
}
# Two of these together switch writing on; any one of them alone switches it off.
ROLE_PERMISSIONS |= {
    role: ROLE_PERMISSIONS[role] | {P.TAKEOVER_SWITCH}
    for role in (Role.COMPLIANCE_MANAGER, Role.DISTRIBUTION_MANAGER, Role.OWNER)
}

# The account manager, an owner, reviews the users every 30 days; who leaves is taken out at once.
ROLE_PERMISSIONS |= {
    role: ROLE_PERMISSIONS[role] | {P.USER_REVIEW, P.USER_DEACTIVATE}
    for role in (Role.COMPLIANCE_MANAGER, Role.OWNER)
}
# Who may let other systems act in their own name; a guest's reading is watched page by page.
ROLE_PERMISSIONS |= {
    role: ROLE_PERMISSIONS[role] | {P.TOKEN_HOLD}
    for role in Role
    if role not in GUESTS | {Role.SYSTEM}
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Return everything that holders of these roles may do."""
    return frozenset(permission for role in roles for permission in ROLE_PERMISSIONS[role])
