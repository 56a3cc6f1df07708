"""What is listed in one place is served in another: jobs, events, gates, tables."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from types import ModuleType

import pytest
from django.apps import apps
from django.db.models import Model

from glassbox.audit.event_types import EventType
from glassbox.operations.queue import JobName
from glassbox.rules import gates
from tests.meta.source import ROOT, modules

FINDING_CODE = re.compile(r"[a-z]+\.[a-z]+(-[a-z]+)*")

RULE_ID = re.compile(r"[A-Z]{1,5}(-[A-Z]+)*-?[0-9]+[a-z]?|MS-[A-Z]+")

# Events that no operation writes; each is one to write or to take out of the list.
NOT_WRITTEN = frozenset({"COUNTERPARTY_ADDED", "MOVEMENT_RECORDED"})
# Events that no test or scenario names: this may only become shorter.
NOT_ASSERTED = NOT_WRITTEN | frozenset(
    [
        "ACTION_ACCEPTED",
        "ACTION_ANSWERED",
        "ACTION_ANSWER_LOST",
        "ACTION_ATTESTATION_CONTRADICTED",
        "ACTION_ATTESTED",
        "ACTION_BLOCKED",
        "ACTION_CLAIMED",
        "ACTION_LOOKED_UP",
        "ACTION_NOT_PROCESSED",
        "ACTION_REJECTED",
        "ACTION_REQUEUED",
        "BATCH_RECORDED",
        "BATCH_VERIFIED",
        "CASE_ASSIGNED",
        "CASE_CLOSED",
        "CASE_NOTED",
        "COMPANY_OPENED",
        "COUNT_RECORDED",
        "CREDENTIAL_ADDED",
        "CREDENTIAL_REVOKED",
        "HOLD_LIFTED",
        "LABEL_COUNTED",
        "LICENSE_OPENED",
        "ORDER_CANCELLED",
        "ORDER_DRAFTED",
        "QA_HELD",
        "ROLE_GRANTED",
        "SESSION_SIGNED_IN",
        "SYNC_COMPLETED",
        "SYNC_FAILED",
        "SYNC_STARTED",
        "TRANSFER_CANCELLED",
        "TRANSFER_PLANNED",
        "USER_ADDED",
        "WASTE_RECORDED",
    ]
)


def _texts(*folders: str) -> str:
    return "\n".join(module.text for module in modules(*folders))


def test_each_job_name_has_exactly_one_task() -> None:
    tasks = re.findall(r"@app\.task\(\s*name=JobName\.(\w+)", _texts("src/glassbox/jobs"))

    assert sorted(tasks) == sorted(JobName.__members__)


def test_each_job_is_asked_for_somewhere() -> None:
    operations = _texts("src/glassbox/operations")

    idle = [name for name in JobName.__members__ if f"JobName.{name}" not in operations]

    assert idle == []


def test_each_event_is_written_somewhere() -> None:
    written = _written_events()

    assert {name for name in EventType.__members__ if name not in written} == NOT_WRITTEN


def test_each_event_is_asserted_somewhere() -> None:
    told = _texts("tests") + "".join(
        path.read_text() for path in (ROOT / "src/glassbox/cli/scenarios/files").glob("*.yaml")
    )

    silent = {
        name
        for name, event in EventType.__members__.items()
        if f"EventType.{name}" not in told and f'"{event.value}"' not in told
        if f": {event.value}" not in told
    }

    assert silent - NOT_ASSERTED == set()


def _written_events() -> set[str]:
    return set(re.findall(r"EventType\.(\w+)", _texts("src/glassbox/operations")))


def _gate_modules() -> list[ModuleType]:
    return [
        importlib.import_module(f"{gates.__name__}.{found.name}")
        for found in pkgutil.iter_modules(gates.__path__)
    ]


def _gates() -> dict[str, object]:
    return {
        gate.__name__: gate
        for module in _gate_modules()
        for name, value in vars(module).items()
        if name.endswith("_GATES") and not name.startswith("_")
        for gate in value
    }


def test_each_gate_says_what_it_stops_and_why() -> None:
    found = _gates()

    assert len(found) > 30
    assert [name for name, gate in found.items() if not gate.__doc__] == []


def test_each_public_gate_stands_in_a_list_of_gates() -> None:
    listed = _gates()
    yielding = {
        function.name
        for module in modules("src/glassbox/rules/gates")
        for function in module.top_functions.values()
        if not function.name.startswith("_")
        and function.returns is not None
        and ast.unparse(function.returns) == "Iterator[Finding]"
        and len(function.args.args) == 1
    }

    assert yielding - set(listed) == set()


def _rules_of_gates() -> list[tuple[set[str], set[str]]]:
    """Return, for each function on the floor of gates, its finding codes and its rule ids."""
    found = []
    for module in modules("src/glassbox/rules/gates"):
        for function in module.top_functions.values():
            words = {
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            }
            codes = {word for word in words if FINDING_CODE.fullmatch(word)}
            if codes:
                found.append((codes, {word for word in words if RULE_ID.fullmatch(word)}))
    return found


def test_each_finding_code_belongs_to_one_rule() -> None:
    times = Counter(code for codes, _ in _rules_of_gates() for code in codes)

    assert len(times) > 30
    assert [code for code, count in times.items() if count > 1] == []


def test_each_finding_has_a_test_that_names_it() -> None:
    tests = _texts("tests/unit", "tests/db", "tests/journeys")

    unseen = [
        codes
        for codes, rule_ids in _rules_of_gates()
        if not any(f'"{word}"' in tests for word in codes | rule_ids)
    ]

    assert unseen == []


def _tables() -> list[type[Model]]:
    return [
        model
        for label in ("glassbox", "audit")
        for model in apps.get_app_config(label).get_models()
    ]


@pytest.mark.parametrize("model", _tables(), ids=lambda model: model.__name__)
def test_each_row_names_itself(model: type[Model]) -> None:
    assert "__str__" in vars(model)

    assert "self." in inspect.getsource(model.__str__)
