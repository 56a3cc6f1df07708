"""Addresses of the forms by which people work, grouped by room."""

from __future__ import annotations

from django.urls import URLPattern, path

from glassbox.web.forms import (
    alerts,
    catalog,
    entries,
    incoming,
    inspection,
    lab,
    orders,
    outages,
    packages,
    papers,
    production,
    reconciliation,
    transfers,
)
from glassbox.web.forms.work_form import WorkForm, work_view


def _work(address: str, name: str, form: WorkForm) -> URLPattern:
    return path(f"l/<str:license_number>/{address}", work_view(form), name=name)


WORK: list[URLPattern] = [
    _work("catalog/new-driver/", "new_driver", catalog.NEW_DRIVER),
    _work("catalog/new-vehicle/", "new_vehicle", catalog.NEW_VEHICLE),
    _work("catalog/new-item/", "new_item", catalog.NEW_ITEM),
    _work("catalog/new-location/", "new_location", catalog.NEW_LOCATION),
    _work("inspection/new/", "new_inspection", inspection.NEW_INSPECTION),
    _work("transfers/<int:subject>/count/", "receipt_count", incoming.RECEIPT_COUNT),
    _work("transfers/<int:subject>/reject/", "rejection", incoming.REJECTION),
    _work("transfers/<int:subject>/check/", "delivery_check", incoming.CHECK),
    _work("transfers/<int:subject>/settle/", "settlement", incoming.SETTLEMENT),
    _work("transfers/new/", "new_transfer", transfers.NEW_TRANSFER),
    _work("transfers/<int:subject>/release/", "transfer_release", transfers.RELEASE),
    _work("transfers/<int:subject>/template/", "transfer_template", transfers.TEMPLATE),
    _work("transfers/<int:subject>/register/", "transfer_registration", transfers.REGISTRATION),
    _work("transfers/<int:subject>/load/", "transfer_loading", transfers.LOADING),
    _work("transfers/<int:subject>/take-back/", "transfer_take_back", transfers.TAKE_BACK),
    _work("transfers/<int:subject>/cancel/", "transfer_cancel", transfers.TRANSFER_CANCELLATION),
    _work("transfers/<int:subject>/print/", "manifest_print", papers.MANIFEST_PRINT),
    _work("packages/<str:subject>/release/", "release_print", papers.RELEASE_PRINT),
    _work("packages/<str:subject>/count/", "package_count", packages.COUNT),
    _work("packages/<str:subject>/hold/", "package_hold", packages.HOLD),
    _work("packages/<str:subject>/lift-hold/", "package_lift_hold", packages.HOLD_LIFTING),
    _work("batches/new/", "new_batch", production.NEW_BATCH),
    _work("batches/<int:subject>/ingredient/", "batch_ingredient", production.INGREDIENT),
    _work("batches/<int:subject>/step/", "batch_step", production.STEP),
    _work("batches/<int:subject>/package/", "batch_package", production.PACKAGING),
    _work("batches/<int:subject>/output/", "batch_output", production.OUTPUT),
    _work("batches/<int:subject>/waste/", "batch_waste", production.WASTE),
    _work("batches/<int:subject>/labels/", "batch_labels", production.LABELS),
    _work("batches/<int:subject>/print/", "label_print", papers.LABEL_PRINT),
    _work("lab/new/", "new_sample", lab.NEW_SAMPLE),
    _work("lab/<int:subject>/create/", "sample_creation", lab.SAMPLE_CREATION),
    _work("lab/<int:subject>/drawing/", "sample_drawing", lab.SAMPLE_DRAWING),
    _work("lab/<int:subject>/custody/", "sample_custody", lab.SAMPLE_CUSTODY),
    _work("lab/<int:subject>/certificate/", "certificate", lab.CERTIFICATE),
    _work("lab/<int:subject>/print/", "custody_print", papers.CUSTODY_PRINT),
    _work("orders/new/", "new_order", orders.NEW_ORDER),
    _work("orders/<int:subject>/allocate/", "allocation", orders.ALLOCATION),
    _work("orders/<int:subject>/split/", "order_split", orders.ORDER_SPLIT),
    _work("orders/<int:subject>/cancel/", "order_cancel", orders.ORDER_CANCELLATION),
    _work("orders/<int:subject>/withdraw/", "withdrawal", orders.WITHDRAWAL),
    _work("differences/<str:subject>/correct/", "correction", reconciliation.CORRECTION),
    _work("differences/<str:subject>/explain/", "explanation", reconciliation.EXPLANATION),
    _work("cases/<int:subject>/assess/", "assessment", reconciliation.ASSESSMENT),
    _work("cases/<int:subject>/snooze/", "case_snooze", entries.SNOOZE),
    _work("cases/<int:subject>/late/", "late_reason", entries.LATE_REASON),
    _work("packages/<str:subject>/wrong-entry/", "entry_error", entries.ENTRY_ERROR),
    _work("counts/new/", "new_count", reconciliation.NEW_COUNT),
    _work("counts/<int:subject>/print/", "count_print", reconciliation.COUNT_PRINT),
    _work("alerts/settings/", "alert_settings", alerts.SETTINGS),
    _work("alerts/webhooks/new/", "new_webhook", alerts.NEW_WEBHOOK),
    _work("alerts/dates/new/", "new_date", alerts.NEW_DATE),
    _work("alerts/dates/<int:subject>/settle/", "date_settle", alerts.DATE_SETTLING),
    _work("outage/lost/", "access_lost", outages.ACCESS_LOST),
    _work("outage/regained/", "access_regained", outages.ACCESS_REGAINED),
    _work("outage/sheet/", "contingency_sheet", outages.SHEET),
]
