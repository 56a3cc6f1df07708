"""RegulatedAction and its reviews, attempts, probes and lanes: what we tell the regulator."""

from __future__ import annotations

from django.db import models

from glassbox.models.documents import Document
from glassbox.models.fields import TenantRow
from glassbox.models.people import User
from glassbox.models.production import Batch
from glassbox.models.sync import ApiRequest
from glassbox.models.transfers import Order, Transfer
from glassbox.rules.action_lifecycle import ActionState, Priority, WaveState


class ActionWave(TenantRow):
    """The splits, moves and templates of one order or batch, approved under one signature.

    `members_sha256` is the digest of every member's id and content at the signature.
    """

    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in WaveState])
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="waves", null=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="waves", null=True)
    members_sha256 = models.CharField(max_length=64)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    void_because = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "action_waves"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(order__isnull=True) ^ models.Q(batch__isnull=True),
                name="wave_of_one_order_or_batch",
            ),
        ]

    def __str__(self) -> str:
        return f"wave #{self.pk} {self.state}"


class RegulatedAction(TenantRow):
    """One thing we are about to tell METRC, or that a person does in METRC's own pages."""

    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=[(s, s.title()) for s in ActionState])
    reason = models.CharField(max_length=500)
    reason_code = models.CharField(max_length=60, blank=True)
    facts = models.JSONField(help_text="What the drafter chose; the payload is built from it.")
    payload = models.JSONField(help_text="METRC's exact bodies; empty for work by hand.")
    payload_sha256 = models.CharField(max_length=64)
    metrc_endpoint = models.CharField(max_length=120)
    effect_sentence = models.CharField(max_length=1000)
    natural_key = models.CharField(max_length=120, blank=True)
    token = models.CharField(max_length=16, unique=True)
    labels = models.JSONField(default=list)
    preimage = models.JSONField(null=True)
    drafted_reading = models.JSONField(null=True, help_text="METRC's word when it was drafted.")
    priority = models.PositiveSmallIntegerField(default=Priority.NORMAL)
    due_at = models.DateTimeField(null=True)
    wave = models.ForeignKey(
        ActionWave, on_delete=models.PROTECT, related_name="actions", null=True
    )
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(null=True)
    approval_event_id = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    not_before_at = models.DateTimeField(null=True)
    attested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    attested_at = models.DateTimeField(null=True)
    attestation = models.JSONField(null=True)
    blocked_because = models.CharField(max_length=1000, blank=True)
    outcome = models.CharField(max_length=1000, blank=True)
    evidence = models.JSONField(null=True)
    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="actions", null=True
    )
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="actions", null=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="actions", null=True)

    class Meta:
        db_table = "regulated_actions"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[s.value for s in ActionState]),
                name="action_state_known",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="action_has_a_reason"),
            models.UniqueConstraint(
                fields=["license", "kind", "natural_key"],
                condition=~models.Q(natural_key="")
                & ~models.Q(state__in=["REJECTED", "WITHDRAWN", "ACCEPTED"]),
                name="action_natural_key_live_once",
            ),
        ]
        indexes = [
            models.Index(fields=["license", "state"], name="action_by_state"),
            models.Index(
                fields=["license", "drafted_at"],
                condition=~models.Q(state__in=["ACCEPTED", "REJECTED", "WITHDRAWN"]),
                name="action_open",
            ),
            models.Index(
                fields=["license", "settled_at"],
                condition=models.Q(state="ACCEPTED"),
                name="action_accepted",
            ),
        ]

    def __str__(self) -> str:
        return f"action #{self.pk} {self.kind} {self.state}"


class ActionLabel(TenantRow):
    """A package or tag that an action names, so that actions are found by label.

    A trigger writes it whenever an action's `labels` change (`migrations/_standings.py`); no code does.
    """

    action = models.ForeignKey(RegulatedAction, on_delete=models.PROTECT, related_name="named")
    label = models.CharField(max_length=40)

    class Meta:
        db_table = "action_labels"
        constraints = [
            models.UniqueConstraint(fields=["action", "label"], name="action_label_once"),
        ]
        indexes = [models.Index(fields=["license", "label"], name="action_by_label")]

    def __str__(self) -> str:
        return f"{self.label} of action #{self.action_id}"


class ActionReview(TenantRow):
    """One person's word on one exact payload: a comment, a review, an approval, a return.

    `evidence` is a photo or paper that came with a comment.
    """

    action = models.ForeignKey(RegulatedAction, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10)
    payload_sha256 = models.CharField(max_length=64)
    comment = models.CharField(max_length=1000, blank=True)
    evidence = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", null=True)
    findings = models.JSONField(default=list)
    reviewed_at = models.DateTimeField()

    class Meta:
        db_table = "action_reviews"

    def __str__(self) -> str:
        return f"review #{self.pk} of action #{self.action_id}"


class GateCheck(TenantRow):
    """What the gates said of a transfer or an action at one moment, with the digest of the facts
    they saw."""

    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="gate_checks", null=True
    )
    action = models.ForeignKey(
        RegulatedAction, on_delete=models.PROTECT, related_name="gate_checks", null=True
    )
    moment = models.CharField(max_length=10, blank=True)
    is_blocked = models.BooleanField()
    findings = models.JSONField()
    facts_sha256 = models.CharField(max_length=64)
    checked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    checked_at = models.DateTimeField()

    class Meta:
        db_table = "gate_checks"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(transfer__isnull=True) ^ models.Q(action__isnull=True),
                name="gate_check_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"gate check #{self.pk}"


class GateOverride(TenantRow):
    """A second person's word that one finding of one exact payload does not stop it."""

    action = models.ForeignKey(RegulatedAction, on_delete=models.PROTECT, related_name="overrides")
    code = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    rule_id = models.CharField(max_length=20)
    reason = models.CharField(max_length=500)
    payload_sha256 = models.CharField(max_length=64)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()

    class Meta:
        db_table = "gate_overrides"
        constraints = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="override_has_a_reason"),
            models.UniqueConstraint(
                fields=["action", "code", "subject", "payload_sha256"], name="override_once"
            ),
        ]

    def __str__(self) -> str:
        return f"override #{self.pk} of {self.code}"


class RulePromotion(TenantRow):
    """A rule of the pack that warns and shall block here, or shall only warn again.

    Asked by one person and granted by another; it takes effect with a day. `ended_because` says
    why it was refused or taken back before that.
    """

    rule_id = models.CharField(max_length=20)
    blocks = models.BooleanField(default=True)
    effective_from = models.DateField()
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    granted_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "rule_promotions"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "rule_id"],
                condition=models.Q(granted_at__isnull=True, ended_at__isnull=True),
                name="rule_asked_once",
            ),
            models.CheckConstraint(
                condition=models.Q(granted_by__isnull=True)
                | ~models.Q(granted_by=models.F("asked_by")),
                name="promotion_by_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(granted_at__isnull=True) | models.Q(ended_at__isnull=True),
                name="promotion_granted_or_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"promotion #{self.pk} of {self.rule_id}"


class ActionAttempt(TenantRow):
    """One try to send an action. Its ticket is used once, just before the bytes leave."""

    action = models.ForeignKey(RegulatedAction, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    worker = models.CharField(max_length=80)
    ticket = models.UUIDField(unique=True)
    ticket_used_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    api_request = models.ForeignKey(ApiRequest, on_delete=models.PROTECT, null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    response_sha256 = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=1000, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "action_attempts"
        constraints = [
            models.UniqueConstraint(fields=["action", "number"], name="attempt_number_unique"),
        ]

    def __str__(self) -> str:
        return f"attempt #{self.pk} of action #{self.action_id}"


class ActionProbe(TenantRow):
    """One look in METRC for the effect of an action, and what it showed."""

    action = models.ForeignKey(RegulatedAction, on_delete=models.PROTECT, related_name="probes")
    attempt_number = models.PositiveIntegerField()
    verdict = models.CharField(max_length=20)
    sentence = models.CharField(max_length=1000)
    evidence = models.JSONField(default=dict)
    looked_at = models.DateTimeField()

    class Meta:
        db_table = "action_probes"

    def __str__(self) -> str:
        return f"probe #{self.pk} of action #{self.action_id}: {self.verdict}"


class ActionLane(TenantRow):
    """A package lineage, item, template or location on which one write is in flight."""

    key = models.CharField(max_length=160)
    action = models.ForeignKey(RegulatedAction, on_delete=models.PROTECT, related_name="lanes")
    taken_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "action_lanes"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "key"],
                condition=models.Q(released_at__isnull=True),
                name="lane_taken_once",
            ),
        ]

    def __str__(self) -> str:
        return f"lane {self.key}"
