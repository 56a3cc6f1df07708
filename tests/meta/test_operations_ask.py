"""Every write asks who acts and whether they may; doors reach nothing but whole operations."""

from __future__ import annotations

import ast

import pytest

from tests.meta.house_rules import actor_comes_first, decorators_of, reaches
from tests.meta.source import Module, modules

ASKS = "access.require"
OPERATIONS = modules("src/glassbox/operations")
BY_NAME = {module.name: module for module in OPERATIONS}
DOORS = modules("src/glassbox/web", "src/glassbox/api", "src/glassbox/cli", "src/glassbox/jobs")

# Module and function -> why it opens a transaction without a permission being asked.
NEVER_ASK = {
    "company.open_company": "before the first licence there is no role; only the machine may",
    "company.open_license": "before the first licence there is no role; only the machine may",
    "company.add_user": "a person without a role may do nothing yet; only the machine may",
    "anchoring._defer_when_due": "the anchor log is of no licence; only the machine may",
    "anchoring._remember": "the anchor log is of no licence; only the machine may",
    "anchoring._timestamp_is_due": "the anchor log is of no licence; only the machine may",
    "vault_rotation._put": "a rotation is of every licence; only the machine may",
    "vault_rotation._remember": "a rotation is of every licence; only the machine may",
    "api_tokens.use_token": "who presents a token is nobody yet",
    "floor_pins.remove_floor_pin": "everybody's own sign-in",
    "floor_pins.set_floor_pin": "everybody's own sign-in",
    "floor_pins.try_floor_pin": "everybody's own sign-in",
    "pace.count_request": "everybody's own haste",
    "provider_identities.bind_identity": "everybody's own sign-in",
    "provider_identities.unbind_myself": "everybody's own sign-in",
    "recovery_codes.hash_old_codes": "everybody's own sign-in",
    "recovery_codes.spend_recovery_code": "who gives a code is nobody yet",
    "support.add_support_person": "only the machine may",
    "sign_in.forget_factors": "only the machine may",
    "sign_in.make_sign_in_link": "only the machine may",
    "sign_in.remember_confirmation": "everybody proves who they are for themselves",
    "sign_in.remember_factor": "everybody's own sign-in",
    "sign_in.remember_password_change": "everybody's own sign-in",
    "sign_in.remember_refusal": "who was refused is nobody yet",
    "sign_in.remember_session_end": "everybody's own sign-in",
    "sign_in.remember_sign_in": "everybody's own sign-in",
}
# Not operations: what doors may use besides.
PLAIN_FOR_DOORS = {
    "anchoring.anchor_outside": "the anchor log is of no licence; only the machine may",
    "openid.claims_of_code": "who signs in is nobody yet; reads and writes no row",
    "openid.metadata_of": "who signs in is nobody yet; reads and writes no row",
    "openid.question_address": "who signs in is nobody yet; reads and writes no row",
    "recovery_codes.hashed": "hashes codes; reads and writes no row",
    "sealing.make_missing_keyset": "makes files beside the database; only the machine reaches it",
    "sealing.require_sign_in_keys": "opens a file beside the database; reads and writes no row",
    "sealing.wrap_in_place": "changes files beside the database; only the machine reaches it",
    "key_service.why_shut": "opens a file beside the database; reads and writes no row",
    "vault.private_files": "names files; reads and writes no row",
    "vault.make_generation": "makes files beside the database; only the machine reaches it",
    "vault.public_file": "names a file; reads and writes no row",
    "vault_rotation.rotate_vault": "only the machine may",
    "sealing.seal_for_sign_in": "seals what a sign-in keeps; reads and writes no row",
    "sealing.unseal_for_sign_in": "opens what a sign-in keeps; reads and writes no row",
    "company.tag_range": "names the labels of a roll; writes nothing",
}


def _short(module: Module, name: str) -> str:
    return f"{module.name.removeprefix('glassbox.operations.')}.{name}"


def _writes() -> list[tuple[Module, ast.FunctionDef]]:
    return [
        (module, function)
        for module in OPERATIONS
        for function in module.top_functions.values()
        if decorators_of(function) & {"operation", "unscoped_operation"}
    ]


def _used_by_doors() -> list[tuple[Module, ast.FunctionDef]]:
    found = {}
    for door in DOORS:
        whole_modules = {
            name: BY_NAME[path] for name, path in door.imported.items() if path in BY_NAME
        }
        for path in door.imported.values():
            home, _, name = path.rpartition(".")
            if home in BY_NAME and name in BY_NAME[home].top_functions:
                found[path] = (BY_NAME[home], BY_NAME[home].top_functions[name])
        for node in ast.walk(door.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = whole_modules.get(node.value.id)
                if module and node.attr in module.top_functions:
                    found[f"{module.name}.{node.attr}"] = (
                        module,
                        module.top_functions[node.attr],
                    )
    return list(found.values())


def test_every_transaction_of_an_operation_asks_for_permission() -> None:
    silent = [
        _short(module, function.name)
        for module, function in _writes()
        if not reaches(ASKS, module, function, BY_NAME)
    ]

    assert sorted(silent) == sorted(NEVER_ASK)


def test_what_doors_call_takes_the_actor_first_and_asks_for_permission() -> None:
    problems: list[str] = []
    for module, function in _used_by_doors():
        if _short(module, function.name) in {*PLAIN_FOR_DOORS, *NEVER_ASK}:
            continue
        problems += actor_comes_first(module, function)
        if not reaches(ASKS, module, function, BY_NAME):
            problems.append(f"{_short(module, function.name)}: never asks for permission")

    assert problems == []


def test_no_door_calls_a_part_of_a_transaction() -> None:
    parts = [
        _short(module, function.name)
        for module, function in _used_by_doors()
        if function.name.endswith("_in_transaction") or function.name.startswith("_")
    ]

    assert parts == []


def test_parts_of_a_transaction_are_never_transactions_themselves() -> None:
    both = [
        _short(module, function.name)
        for module, function in _writes()
        if function.name.endswith("_in_transaction")
    ]

    assert both == []


def test_the_doors_do_use_operations() -> None:
    # Guards the tests above against looking at nothing.
    assert len(_used_by_doors()) > 10


@pytest.mark.parametrize(
    "text",
    [
        "@operation\ndef ship(*, actor, license_id):\n    pass\n",
        "@operation\ndef ship(*, actor, license_id):\n    _deep()\ndef _deep():\n    other()\n",
    ],
)
def test_the_check_sees_an_operation_that_never_asks(text: str) -> None:
    module = Module("src/glassbox/operations/ship.py", text)

    assert not reaches(ASKS, module, module.top_functions["ship"], {})


def test_the_check_follows_calls_into_other_modules() -> None:
    ship = Module(
        "src/glassbox/operations/ship.py",
        "from glassbox.operations.deep import dive\ndef ship(*, actor):\n    dive(actor)\n",
    )
    deep = Module(
        "src/glassbox/operations/deep.py", "def dive(actor):\n    access.require(actor, 1)\n"
    )

    assert reaches(ASKS, ship, ship.top_functions["ship"], {deep.name: deep})


@pytest.mark.parametrize(
    "text",
    ["def ship(actor, *, license_id): ...", "def ship(*, license_id, actor): ..."],
)
def test_the_check_sees_an_actor_out_of_place(text: str) -> None:
    module = Module("src/glassbox/operations/ship.py", text)

    assert list(actor_comes_first(module, module.top_functions["ship"]))
