"""Who answers for what: the statement on every approval and export, and the terms of use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

# Said wherever a person approves and on whatever leaves Glassbox (4 CCR 15047.2: the licensee
# answers for everything its users enter).
RESPONSIBILITY = (
    "Glassbox assists, validates, queues and submits. The licensee decides, and remains responsible "
    "for its METRC users, its approvals, its entries and its compliance."
)

# The version changes with every change of the text: what somebody accepted stays what they read.
TERMS_VERSION = "2026-11"

TERMS: tuple[tuple[str, str], ...] = (
    (
        "The licensee remains the responsible party",
        "You hold the licence. You answer for legal compliance, for every entry in METRC, for who "
        "may use METRC and Glassbox, for review and approval, and for records that are accurate and "
        "kept. Glassbox and whoever runs it are no licensee, no compliance department and no lawyer.",
    ),
    (
        "A person decides",
        "Nothing that changes METRC is sent before people of yours approved exactly that content. "
        "The software proposes, checks and sends; it approves nothing.",
    ),
    (
        "METRC is the record",
        "What METRC shows is what counts. Where Glassbox and METRC differ, Glassbox says so and "
        "your people settle it. Each licence stands alone: goods move between two only by transfer.",
    ),
    (
        "Keys belong to people",
        "Each person who acts in METRC brings their own user key; passwords are never asked for "
        "and never shared. You tell us, and take people out of METRC, as soon as they leave.",
    ),
    (
        "Rules are aids",
        "The rules of law that Glassbox checks carry their source and how well it was verified. "
        "They are no legal advice. A check that passes is no proof of compliance.",
    ),
    (
        "When METRC or Glassbox is away",
        "Your duties go on. You keep records by other means, enter them in METRC when it is back, "
        "and give the notices that the law asks for; Glassbox reminds, and notifies nobody for you.",
    ),
    (
        "Your data",
        "Your data and the ledger of what was done are yours; you can export both and check the "
        "ledger without us. They are kept as long as the law asks for records.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class AcceptedTerms:
    """What a company accepted: the version and the digest of the text, or nothing yet."""

    version: str
    sha256: str

    @property
    def are_current(self) -> bool:
        """Whether it is exactly the text in force."""
        return self.version == TERMS_VERSION and self.sha256 == terms_sha256()


def terms_text() -> str:
    """Return the terms as one plain text, the same bytes every time."""
    return "\n\n".join([f"Terms of use {TERMS_VERSION}", *(f"{a}\n{b}" for a, b in TERMS)]) + "\n"


def terms_sha256() -> str:
    """Return the digest of the terms in force, in hex."""
    return hashlib.sha256(terms_text().encode()).hexdigest()
