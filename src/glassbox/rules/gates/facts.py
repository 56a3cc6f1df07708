"""What every gate looks at, as plain facts; queries gather them, gates only judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from glassbox.rules.package_state import LocalState, PackageState
from glassbox.rules.quantities import Quantity
from glassbox.rules.rule_lines import Rules, broken
from glassbox.rules.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class LicenseFacts:
    """Hold a licence of ours or of a counterparty.

    `kind` is MANUFACTURING, DISTRIBUTION, LABORATORY, RETAIL, CULTIVATION or MICROBUSINESS;
    `checked_at` is when its being active was last looked up, None for our own.
    """

    number: str
    kind: str
    is_active: bool
    checked_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PackageFacts:
    """Hold one package: METRC's newest word, our own book, and what stands in its way.

    `metrc` is None if METRC never showed it under the acting licence. `our_quantity` is the
    sum of our movements, None if we never booked it. `held_ancestors` are labels of ancestors
    METRC flags. `unresolved_action_ids` are writes on it whose outcome nobody knows (G7).
    `sync_was_whole` says whether the sync behind `metrc` read every page.
    """

    label: str
    metrc: PackageState | None
    local_state: LocalState
    our_quantity: Quantity | None
    local_hold_reason: str = ""
    held_ancestors: tuple[str, ...] = ()
    unresolved_action_ids: tuple[int, ...] = ()
    sync_was_whole: bool = True


@dataclass(frozen=True, kw_only=True)
class TagFacts:
    """Hold one tag about to be used. `seen_available` is METRC's second opinion, if it gave one.

    `reserved_by_action_id` is another open action that already means to use it.
    """

    label: str
    is_received: bool
    is_used: bool
    is_damaged: bool = False
    is_on_a_package: bool = False
    seen_available: bool | None = None
    reserved_by_action_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class GateFacts:
    """Hold what all gates share: who acts for which licence, on which packages, and when."""

    acting: LicenseFacts
    packages: tuple[PackageFacts, ...]
    checked_at: datetime
    rules: Rules

    def broken(
        self, rule_id: str, *, code: str, subject: str, message: str, fix: str
    ) -> Iterator[Finding]:
        """Yield the finding that a rule is broken, with the severity its pack gives it."""
        return broken(
            self.rules,
            rule_id,
            on=self.checked_at.date(),
            code=code,
            subject=subject,
            message=message,
            fix=fix,
        )
