"""Accept the terms of use for a company: the words that keep the licensee responsible."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import Company, License
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.terms import accepted_terms
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.terms import TERMS_VERSION, terms_sha256
from glassbox.rules.verdicts import InvalidInput, Refused


class TermsAccepted(Refused):
    """Somebody of the company accepted exactly this text before."""

    code = "terms.accepted"


class TermsNotAccepted(Refused):
    """Nobody of the company has accepted the terms in force."""

    code = "terms.not-accepted"


@operation
def accept_terms(*, actor: Actor, license_id: int, sha256: str, now: datetime) -> None:
    """Accept the terms in force for the company of a licence, as an owner of it.

    :raises InvalidInput: if `sha256` is not the digest of the text in force
    :raises TermsAccepted: if they are accepted already
    """
    access.require(actor, Permission.COMPANY_MANAGE, license_id=license_id)
    person_id(actor)
    if sha256 != terms_sha256():
        raise InvalidInput(
            field="terms", value=sha256[:12], way_out="The text has changed; read it again."
        )
    company_id = License.objects.get(id=license_id).company_id
    company = Company.objects.select_for_update().get(id=company_id)
    before = company.terms_version
    if accepted_terms(company).are_current:
        raise TermsAccepted(f"{company.terms_accepted_by} accepted this text already.")
    company.terms_version, company.terms_sha256 = TERMS_VERSION, sha256
    company.terms_accepted_by, company.terms_accepted_at = actor.name[:120], now
    company.save()
    ledger.append(
        type=EventType.TERMS_ACCEPTED,
        subject=f"company:{company.pk}",
        actor=actor,
        reason=f"The terms of use {TERMS_VERSION} were accepted for {company.name}",
        body={"version": TERMS_VERSION, "sha256": sha256},
        state_before=before,
        state_after=TERMS_VERSION,
        now=now,
    )


def require_accepted_terms(license_id: int) -> None:
    """Refuse to switch writing on while the licence's company has not accepted the terms.

    :raises TermsNotAccepted: if it has not
    """
    license = License.objects.select_related("company").get(id=license_id)
    if not accepted_terms(license.company).are_current:
        raise TermsNotAccepted(
            "The company has not accepted the terms of use. An owner accepts them first, on the "
            "page Terms of use."
        )
