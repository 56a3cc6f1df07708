"""All page addresses, grouped by room; those of forms are in `work.py`. A licence stands first."""

from django.urls import URLPattern, path

from glassbox.web import sign_in
from glassbox.web.views import (
    actions,
    audit_trail,
    company,
    counts,
    documents,
    drafts,
    exception_cases,
    flow_map,
    inspection,
    lab,
    orders,
    packages,
    production,
    reconciliation,
    scan,
    search,
    sync_runs,
    transfers,
)
from glassbox.web.work import WORK


def scoped(address: str, view: object, name: str) -> list[URLPattern]:
    """Return the address of a page under one licence, and in the read-only view of both."""
    return [
        path(f"l/<str:license_number>/{address}", view, name=name),  # type: ignore[call-overload]
        path(f"both/{address}", view, name=f"both_{name}"),  # type: ignore[call-overload]
    ]


urlpatterns = [
    *WORK,
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("health/", flow_map.health, name="health"),
    path("", flow_map.front, name="front"),
    *scoped("", flow_map.flow, "flow"),
    *scoped("search/", search.search, "search"),
    *scoped("scan/", scan.scan_label, "scan"),
    *scoped("inspection/", inspection.inspections, "inspections"),
    *scoped("inspection/<uuid:event_id>/", inspection.inspection, "inspection"),
    *scoped("packages/", packages.grid, "packages"),
    *scoped("packages.csv", packages.csv_export, "packages_csv"),
    *scoped("packages/<str:label>/", packages.package, "package"),
    *scoped("packages/<str:label>/lineage/", packages.lineage, "package_lineage"),
    *scoped("packages/<str:label>/snapshots/", packages.snapshots, "package_snapshots"),
    *scoped("packages/<str:label>/exchanges/", packages.exchanges, "package_exchanges"),
    *scoped("packages/<str:label>/gates/", packages.gates, "package_gates"),
    path(
        "l/<str:license_number>/packages/<str:label>/draft/<str:form_name>/",
        drafts.draft,
        name="draft",
    ),
    *scoped("actions/", actions.action_list, "actions"),
    *scoped("actions/<int:action_id>/", actions.action, "action"),
    *scoped("actions/<int:action_id>/review/", actions.review, "action_review"),
    *scoped("actions/<int:action_id>/approve/", actions.approve, "action_approve"),
    *scoped("actions/<int:action_id>/return/", actions.give_back, "action_return"),
    *scoped("actions/<int:action_id>/withdraw/", actions.withdraw, "action_withdraw"),
    *scoped("actions/<int:action_id>/attest/", actions.attest_done, "action_attest"),
    *scoped("actions/<int:action_id>/look/", actions.look_again, "action_look"),
    *scoped("actions/<int:action_id>/reject/", actions.reject, "action_reject"),
    *scoped("transfers/incoming/", transfers.incoming, "incoming"),
    *scoped("transfers/outgoing/", transfers.outgoing, "outgoing"),
    *scoped("transfers/<int:transfer_id>/", transfers.transfer, "transfer"),
    *scoped("batches/", production.batches, "batches"),
    *scoped("batches/<int:batch_id>/", production.batch, "batch"),
    *scoped("batches/<int:batch_id>/verify/", production.verify, "batch_verify"),
    *scoped("batches/<int:batch_id>/close/", production.close, "batch_close"),
    *scoped("orders/", orders.orders, "orders"),
    *scoped("orders/<int:order_id>/", orders.order, "order"),
    *scoped("orders/<int:order_id>/confirm/", orders.confirm, "order_confirm"),
    *scoped("cases/", exception_cases.cases, "cases"),
    *scoped("cases/<int:case_id>/", exception_cases.case, "case"),
    *scoped("cases/<int:case_id>/assign/", exception_cases.assign, "case_assign"),
    *scoped("cases/<int:case_id>/note/", exception_cases.note, "case_note"),
    *scoped("cases/<int:case_id>/close/", exception_cases.close, "case_close"),
    *scoped("reconciliation/", reconciliation.reports, "reports"),
    *scoped("reconciliation/compare/", reconciliation.compare_now, "compare_now"),
    *scoped("reconciliation/<int:report_id>/", reconciliation.report, "report"),
    *scoped("reconciliation/<int:report_id>/sign/", reconciliation.sign, "report_sign"),
    *scoped("differences/<str:label>/", reconciliation.difference, "difference"),
    *scoped(
        "differences/<str:label>/corrections/<int:correction_id>/",
        reconciliation.decide,
        "correction_decision",
    ),
    *scoped("counts/", counts.counts, "counts"),
    *scoped("counts/<int:session_id>/", counts.count, "count"),
    *scoped("counts/<int:session_id>/write/", counts.write, "count_write"),
    *scoped("counts/<int:session_id>/not-there/", counts.not_there, "count_not_there"),
    *scoped("counts/<int:session_id>/hand-in/", counts.hand_in, "count_hand_in"),
    *scoped("counts/<int:session_id>/sign/", counts.sign, "count_sign"),
    *scoped("counts/<int:session_id>/abandon/", counts.abandon, "count_abandon"),
    *scoped("lab/", lab.lab, "lab"),
    *scoped("lab/<int:sample_id>/", lab.sample, "sample"),
    *scoped("packages/<str:label>/qa/", lab.review, "qa_review"),
    *scoped("documents/", documents.documents, "documents"),
    *scoped("documents/<int:document_id>/", documents.document, "document"),
    *scoped("audit/", audit_trail.events, "audit"),
    *scoped("audit/<uuid:event_id>/", audit_trail.event, "audit_event"),
    *scoped("company/", company.company, "company"),
    *scoped("catalog/", company.catalog, "catalog"),
    *scoped("sync/", sync_runs.runs, "sync"),
    *scoped("sync/exchanges/<int:exchange_id>/", sync_runs.exchange, "exchange"),
]
