"""What each button of the pages asks for; forms say it themselves. One list, tested and printed."""

from __future__ import annotations

from glassbox.rules.permissions import Permission
from glassbox.web.work import FORMS

P = Permission
# The name of an address that is pressed, and what whoever presses must be allowed; what depends on
# the thing itself (which kind of action, whose view) is asked there on top.
BUTTONS: dict[str, Permission] = {
    "sync_read": P.SYNC_RUN,
    "inspector_end": P.INSPECTOR_MANAGE,
    "support_end": P.COMPANY_MANAGE,
    "token_revoke": P.TOKEN_HOLD,
    "view_save": P.VIEW_SAVE,
    "view_rename": P.VIEW_SAVE,
    "view_delete": P.VIEW_SAVE,
    "view_open_with": P.VIEW_SAVE,
    "draft": P.ACTION_DRAFT,
    "actions_bulk": P.ACTION_APPROVE_STANDARD,
    "wave_approve": P.ACTION_APPROVE_STANDARD,
    "action_approve": P.ACTION_APPROVE_STANDARD,
    "action_reviewed": P.ACTION_REVIEW,
    "action_comment": P.PACKAGE_READ,
    "action_urgency": P.ACTION_DRAFT,
    "action_override": P.ACTION_APPROVE_HIGH,
    "action_review": P.ACTION_DRAFT,
    "action_return": P.ACTION_REVIEW,
    "action_withdraw": P.ACTION_WITHDRAW,
    "action_attest": P.ACTION_ATTEST,
    "action_look": P.ACTION_REVIEW,
    "action_reject": P.ACTION_APPROVE_HIGH,
    "batch_verify": P.BATCH_VERIFY,
    "batch_close": P.BATCH_CLOSE,
    "order_confirm": P.ORDER_CONFIRM,
    "case_assign": P.CASE_WORK,
    "case_note": P.CASE_WORK,
    "case_recheck": P.CASE_WORK,
    "case_close": P.CASE_WORK,
    "compare_now": P.RECONCILIATION_RUN,
    "report_sign": P.RECONCILIATION_RUN,
    "correction_decision": P.RECONCILIATION_RUN,
    "count_sheet": P.COUNT_RECORD,
    "count_write": P.COUNT_RECORD,
    "count_not_there": P.COUNT_RECORD,
    "count_hand_in": P.COUNT_RECORD,
    "count_sign": P.RECONCILIATION_RUN,
    "count_abandon": P.COUNT_RECORD,
    "alert_acknowledge": P.ALERT_TAKE,
    "webhook_remove": P.ALERT_MANAGE,
    "qa_review": P.QA_REVIEW,
    "audit_verify": P.AUDIT_VERIFY,
    "rule_grant": P.ACTION_APPROVE_HIGH,
    "rule_end": P.ACTION_REVIEW,
    "import_take": P.TAKEOVER_WORK,
    "import_discard": P.TAKEOVER_WORK,
    "key_test": P.CREDENTIAL_MANAGE,
}
# A list of UIDs too long for an address comes by POST, and changes nothing.
READ_BY_POST = frozenset({"packages"})


def presses() -> dict[str, Permission]:
    """Return what every address that changes something asks for, by its name."""
    return BUTTONS | {name: form.permission for name, form in FORMS.items()}
