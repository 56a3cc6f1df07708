"""Laboratory results: recorded and released, by laboratory licences alone (CA-LIC-07)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from glassbox.rules.action_kinds.facts import FactReader, Facts
from glassbox.rules.action_kinds.kind import (
    LABORATORIES,
    ActionKind,
    Change,
    Judgement,
    Keying,
    Read,
    Tier,
    absent,
    applied,
    cannot_tell,
    different,
    no_effect,
    package_lanes,
    tail,
)
from glassbox.rules.action_kinds.payloads import Body, carries_token, marked_note, number
from glassbox.rules.action_kinds.reading import LabResultSeen, Reading
from glassbox.rules.gates.actions import MOVE_GATES
from glassbox.rules.verdicts import InvalidInput

RESULTS_READ = "GET /labtests/v2/results"
TESTS_AT_MOST = 200
# METRC takes a PDF of 5 MB; base64 makes four characters of three bytes.
DOCUMENT_CHARACTERS_AT_MOST = 5 * 1024 * 1024 * 4 // 3 + 4


@dataclass(frozen=True, kw_only=True)
class _Result:
    """One test of the sample, its level, and whether it passed."""

    test: str
    level: Decimal
    passed: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class _Record:
    """All results of one send, for one sample in the laboratory's own inventory."""

    label: str
    package_id: int
    token: str
    results: tuple[_Result, ...]
    body: Body


def _read(facts: Facts) -> _Record:
    reader = FactReader(facts)
    reader.only(
        *("label", "package_id", "result_at", "results", "token"),
        *("document_name", "document_base64"),
    )
    token = reader.text("token")
    results = []
    for row in reader.rows("results", at_most=TESTS_AT_MOST):
        row.only("test", "quantity", "passed", "note")
        results.append(
            _Result(
                test=row.text("test"),
                level=row.decimal("quantity"),
                passed=row.flag("passed"),
                note=marked_note(row.optional_text("note") or "Result", token),
            )
        )
    names = [one.test.casefold() for one in results]
    if len(set(names)) != len(names):
        raise InvalidInput(field="results", value=names, way_out="Give every test one result.")
    document = reader.optional_text("document_base64", max_length=DOCUMENT_CHARACTERS_AT_MOST)
    body: Body = {
        "Label": reader.tag("label"),
        "ResultDate": reader.moment("result_at").isoformat(),
        "DocumentFileName": reader.text("document_name") if document else None,
        "DocumentFileBase64": document,
        "Results": [
            {
                "LabTestTypeName": one.test,
                "Quantity": number(one.level),
                "Passed": one.passed,
                "Notes": one.note,
            }
            for one in results
        ],
    }
    return _Record(
        label=reader.tag("label"),
        package_id=reader.whole("package_id"),
        token=token,
        results=tuple(results),
        body=body,
    )


def _record_sentence(facts: Facts) -> str:
    record = _read(facts)
    failed = [one.test for one in record.results if not one.passed]
    verdict = f"{len(failed)} failed ({', '.join(failed[:5])})" if failed else "all passed"
    return (
        f"Record {len(record.results)} results of sample {tail(record.label)}, {verdict}. "
        "Nobody else sees them until they are released."
    )


def _record_changes(facts: Facts, preimage: Reading | None) -> tuple[Change, ...]:
    return tuple(
        Change(
            subject=one.test,
            field="result",
            before="none",
            after=f"{one.level:f}, {'passed' if one.passed else 'failed'}",
        )
        for one in _read(facts).results
    )


def _judge_record(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    record = _read(facts)
    if not reading.lab_results_whole:
        return cannot_tell(f"METRC's results of {tail(record.label)} could not be read.")
    ours = [one for one in reading.lab_results if carries_token(one.comment, record.token)]
    if not ours:
        return absent(f"METRC shows none of these results of {tail(record.label)}.")
    shown = {one.test_name.casefold(): one for one in ours}
    if len(shown) < len(ours):
        return different(
            f"METRC shows a result of {tail(record.label)} more than once with our token."
        )
    for wanted in record.results:
        problem = _unlike(wanted, shown.get(wanted.test.casefold()))
        if problem:
            return different(f"METRC shows {wanted.test} of {tail(record.label)} {problem}.")
    return applied(f"METRC shows all {len(record.results)} results of {tail(record.label)}.")


def _unlike(wanted: _Result, seen: LabResultSeen | None) -> str | None:
    if seen is None:
        return "without a result of ours"
    if seen.level != wanted.level or seen.passed != wanted.passed:
        return f"at {seen.level}, {'passed' if seen.passed else 'failed'}"
    return None


def _read_release(facts: Facts) -> tuple[str, int]:
    reader = FactReader(facts)
    reader.only("label", "package_id")
    return reader.tag("label"), reader.whole("package_id")


def _judge_release(facts: Facts, preimage: Reading | None, reading: Reading) -> Judgement:
    label, _ = _read_release(facts)
    if not reading.lab_results_whole:
        return cannot_tell(f"METRC's results of {tail(label)} could not be read.")
    if not reading.lab_results:
        return different(f"METRC shows no results of {tail(label)} to release.")
    waiting = [one for one in reading.lab_results if not one.is_released]
    if not waiting:
        return applied(f"METRC shows all results of {tail(label)} released.")
    if len(waiting) < len(reading.lab_results):
        return different(f"METRC released only part: {waiting[0].test_name} is not released.")
    return absent(f"METRC shows no result of {tail(label)} released.")


RECORD_RESULTS = ActionKind(
    name="lab.record_results",
    title="Record results of a sample",
    tier=Tier.STANDARD,
    license_kinds=LABORATORIES,
    endpoint="POST /labtests/v2/record",
    keying=Keying.NONE,
    max_objects_per_send=1,
    build_payload=lambda facts: [_read(facts).body],
    natural_key=lambda facts: None,
    labels=lambda facts: (_read(facts).label,),
    lanes=lambda facts: package_lanes((_read(facts).label,)),
    effect_sentence=_record_sentence,
    before_after=_record_changes,
    expect=no_effect,
    deciding_reads=lambda facts: (Read(endpoint=RESULTS_READ, key=str(_read(facts).package_id)),),
    judge_probe=_judge_record,
    gates=MOVE_GATES,
)
RELEASE_RESULTS = ActionKind(
    name="lab.release_results",
    title="Release results of a sample",
    tier=Tier.HIGH,
    license_kinds=LABORATORIES,
    endpoint="PUT /labtests/v2/results/release",
    keying=Keying.TARGET_VALUE,
    max_objects_per_send=1,
    build_payload=lambda facts: [{"PackageLabel": _read_release(facts)[0]}],
    natural_key=lambda facts: None,
    labels=lambda facts: (_read_release(facts)[0],),
    lanes=lambda facts: package_lanes((_read_release(facts)[0],)),
    effect_sentence=lambda facts: (
        f"Release the results of sample {tail(_read_release(facts)[0])}: its sources take the "
        "overall state in METRC, and it cannot be taken back by us."
    ),
    before_after=lambda facts, preimage: (
        Change(
            subject=_read_release(facts)[0],
            field="results",
            before="recorded",
            after="released",
        ),
    ),
    expect=no_effect,
    deciding_reads=lambda facts: (Read(endpoint=RESULTS_READ, key=str(_read_release(facts)[1])),),
    judge_probe=_judge_release,
    gates=MOVE_GATES,
)

KINDS = (RECORD_RESULTS, RELEASE_RESULTS)
