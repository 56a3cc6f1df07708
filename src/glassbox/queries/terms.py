"""What a company accepted of the terms of use, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.models.companies import Company, License
from glassbox.rules.actor import Actor
from glassbox.rules.terms import TERMS, TERMS_VERSION, AcceptedTerms, terms_sha256

NOT_ACCEPTED = (
    "The terms of use are not accepted yet. Until an owner accepts them nothing is sent to METRC."
)


@dataclass(frozen=True, kw_only=True)
class TermsPage:
    """The terms in force, and who of the company accepted them, if anybody did."""

    company: str
    version: str
    sha256: str
    paragraphs: tuple[tuple[str, str], ...]
    is_accepted: bool
    accepted_version: str
    accepted_by: str
    accepted_at: datetime | None


def accepted_terms(company: Company) -> AcceptedTerms:
    """Return what a company has accepted."""
    return AcceptedTerms(version=company.terms_version, sha256=company.terms_sha256)


def terms_page(*, actor: Actor, license_ids: tuple[int, ...]) -> TermsPage:
    """Return the terms and whether the company of the licences in sight accepted them."""
    with access.reading(actor):
        company = License.objects.filter(id__in=license_ids).select_related("company")[0].company
    return TermsPage(
        company=company.name,
        version=TERMS_VERSION,
        sha256=terms_sha256(),
        paragraphs=TERMS,
        is_accepted=accepted_terms(company).are_current,
        accepted_version=company.terms_version,
        accepted_by=company.terms_accepted_by,
        accepted_at=company.terms_accepted_at,
    )
