"""RuleLine: one dated rule of a pack, and how it turns what a gate saw into a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from glassbox.rules.verdicts import Finding, InvalidInput, Refused, Severity


class RuleSeverity(StrEnum):
    """Name how hard the pack wants a rule to be; only `block` can stop an act."""

    BLOCK = "block"
    WARN = "warn"
    DEADLINE = "deadline"
    INFO = "info"


# Unverified (M) and proposed (P) text warns until a compliance manager promotes it, except
# where blocking is the conservative side: a rule that guards a release (rules.md section 0).
UNVERIFIED = frozenset({"M", "P"})


@dataclass(frozen=True, kw_only=True)
class RuleDecision:
    """Hold what two people decided of a rule: from which day it blocks, or only does as its pack says."""

    effective_from: date
    blocks: bool


@dataclass(frozen=True, kw_only=True)
class RuleLine:
    """Hold one rule as the pack states it. `evidence` is V, V2, API, P, M or D.

    `decisions` are those of the licence's people, the newest word on a day last.
    """

    rule_id: str
    state: str
    effective_from: date
    effective_to: date | None
    severity: RuleSeverity
    citation: str
    source: str
    evidence: str
    guards_release: bool = False
    may_be_overridden: bool = False
    params: Mapping[str, str] = field(default_factory=dict)
    decisions: tuple[RuleDecision, ...] = ()

    def is_in_force(self, on: date) -> bool:
        """Return whether the rule holds on that day, both end days included."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)

    @property
    def pack_severity(self) -> Severity:
        """Return whether breaking this rule blocks or warns where nobody decided otherwise."""
        if self.severity is not RuleSeverity.BLOCK:
            return Severity.WARNS
        unverified = self.evidence in UNVERIFIED
        if unverified and not self.guards_release:
            return Severity.WARNS
        return Severity.BLOCKS

    @property
    def is_promotable(self) -> bool:
        """Return whether people may make it block: what only counts days or informs stops nothing."""
        warns = self.pack_severity is Severity.WARNS
        return warns and self.severity in (RuleSeverity.BLOCK, RuleSeverity.WARN)

    def severity_on(self, day: date) -> Severity:
        """Return whether breaking this rule blocks or warns on that day: a promoted rule blocks."""
        decided = [one for one in self.decisions if one.effective_from <= day]
        if decided and decided[-1].blocks:
            return Severity.BLOCKS
        return self.pack_severity


Rules = Mapping[str, RuleLine]


def decided(rules: Rules, decisions: Mapping[str, Sequence[RuleDecision]]) -> Rules:
    """Return the rules with what a licence's people decided; ids that no pack holds are left out.

    The decisions of a rule stand in the order in which they take effect.
    """
    wanted = {rule_id: tuple(said) for rule_id, said in decisions.items() if rule_id in rules}
    if not wanted:
        return rules
    return {
        rule_id: replace(line, decisions=wanted[rule_id]) if rule_id in wanted else line
        for rule_id, line in rules.items()
    }


@dataclass(frozen=True, kw_only=True)
class Override:
    """Hold one granted override: of which finding, by whom, and why."""

    code: str
    subject: str
    granted_by: str
    reason: str


def overridden(
    findings: Iterable[Finding], overrides: Iterable[Override], rules: Rules
) -> tuple[Finding, ...]:
    """Return the findings with those overridden only warning, where the pack allows it at all."""
    granted = {(one.code, one.subject): one for one in overrides}

    def judged(finding: Finding) -> Finding:
        override = granted.get((finding.code, finding.subject))
        line = rules.get(finding.rule_id)
        if override is None or line is None or not line.may_be_overridden:
            return finding
        return replace(
            finding,
            severity=Severity.WARNS,
            message=f"{finding.message} Overridden by {override.granted_by}: {override.reason}",
        )

    return tuple(judged(finding) for finding in findings)


class RuleMissing(Refused):
    """Say that a threshold was asked for that no rule pack holds."""

    code = "rules.missing"


def broken(
    rules: Rules,
    rule_id: str,
    *,
    on: date,
    code: str,
    subject: str,
    message: str,
    fix: str,
) -> Iterator[Finding]:
    """Yield the finding that a rule is broken, if the rule is in force on that day.

    A rule no pack holds blocks: an empty pack must never open a gate.
    """
    line = rules.get(rule_id)
    if line is None:
        yield Finding(
            code=code,
            severity=Severity.BLOCKS,
            subject=subject,
            message=f"{message} (No rule pack holds {rule_id}, so it blocks.)",
            fix=fix,
            rule_id=rule_id,
        )
    elif line.is_in_force(on):
        yield Finding(
            code=code,
            severity=line.severity_on(on),
            subject=subject,
            message=message,
            fix=fix,
            citation=line.citation,
            rule_id=rule_id,
            evidence=line.evidence,
        )


def threshold(rules: Rules, rule_id: str, name: str) -> Decimal:
    """Return a number the rule pack sets, such as the 10 of a tolerance of 10 percent.

    :raises RuleMissing: if no pack holds the rule or the number
    """
    text = threshold_text(rules, rule_id, name)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise RuleMissing(f'{rule_id} {name}: "{text}" is no number.') from None


def threshold_text(rules: Rules, rule_id: str, name: str) -> str:
    """Return a text the rule pack sets, such as a table.

    :raises RuleMissing: if no pack holds the rule or the text
    """
    line = rules.get(rule_id)
    if line is None or name not in line.params:
        raise RuleMissing(f"No rule pack holds {rule_id} with a value for {name}.")
    return line.params[name]


_FIELDS = frozenset(
    {"id", "severity", "citation", "source", "evidence", "params", "guards_release"}
    | {"effective_from", "effective_to", "may_be_overridden"}
)


def read_pack(pack: object) -> dict[str, RuleLine]:
    """Return the rules of one pack by id, from the plain values of its file.

    :raises InvalidInput: naming the rule and the field that cannot be used
    """
    if not isinstance(pack, Mapping) or not isinstance(pack.get("rules"), list):
        raise InvalidInput(
            field="pack", value=type(pack).__name__, way_out="A pack has state, from and rules."
        )
    state = str(pack.get("state", "")).strip()
    if not state:
        raise InvalidInput(field="state", value="", way_out="Name the state of the pack.")
    since = _day(pack.get("effective_from"), "effective_from")
    lines: dict[str, RuleLine] = {}
    for row in pack["rules"]:
        line = _read_line(row, state=state, since=since)
        if line.rule_id in lines:
            raise InvalidInput(field="id", value=line.rule_id, way_out="Name every rule once.")
        lines[line.rule_id] = line
    return lines


def _read_line(row: object, *, state: str, since: date) -> RuleLine:
    if not isinstance(row, Mapping) or not row.get("id"):
        raise InvalidInput(field="rules", value=row, way_out="Every rule is a mapping with an id.")
    rule_id = str(row["id"])
    for name in row:
        if name not in _FIELDS:
            raise InvalidInput(
                field=f"{rule_id}.{name}", value=row[name], way_out="There is no such field."
            )
    for name in ("severity", "citation", "source", "evidence"):
        if not str(row.get(name, "")).strip():
            raise InvalidInput(field=f"{rule_id}.{name}", value="", way_out="It must be there.")
    until = row.get("effective_to")
    return RuleLine(
        rule_id=rule_id,
        state=state,
        effective_from=_day(row.get("effective_from", since), f"{rule_id}.effective_from"),
        effective_to=None if until is None else _day(until, f"{rule_id}.effective_to"),
        severity=_severity(row["severity"], rule_id),
        citation=str(row["citation"]),
        source=str(row["source"]),
        evidence=_evidence(row["evidence"], rule_id),
        guards_release=row.get("guards_release") is True,
        may_be_overridden=row.get("may_be_overridden") is True,
        params={str(key): str(value) for key, value in (row.get("params") or {}).items()},
    )


def _severity(value: object, rule_id: str) -> RuleSeverity:
    try:
        return RuleSeverity(str(value))
    except ValueError:
        raise InvalidInput(
            field=f"{rule_id}.severity",
            value=value,
            way_out=f"Use one of: {', '.join(RuleSeverity)}.",
        ) from None


def _evidence(value: object, rule_id: str) -> str:
    if value not in ("V", "V2", "API", "P", "M", "D"):
        raise InvalidInput(
            field=f"{rule_id}.evidence", value=value, way_out="Use V, V2, API, P, M or D."
        )
    return str(value)


def _day(value: object, field_name: str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput(
            field=field_name, value=value, way_out="Give a day such as 2026-01-01."
        ) from None
