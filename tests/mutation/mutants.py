"""Small changes of a module's syntax tree, one at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
}
_OTHER_NAMES = {"min": "max", "max": "min"}


@dataclass(frozen=True)
class Mutant:
    """One changed module: where, what was there, and what is there now."""

    line: int
    was: str
    now: str
    tree: ast.Module
    is_guard: bool = False

    def __str__(self) -> str:
        return f"line {self.line}: {self.was!r} -> {self.now!r}"


def mutants_of(source: str, *, guards: frozenset[str]) -> Iterator[Mutant]:
    """Yield every mutant of a module; `guards` names the functions and tables that allow moves."""
    tree = ast.parse(source)
    members = _enum_members(tree)
    for number, (node, is_guard) in enumerate(_nodes(tree, guards)):
        for change in _changes(node, members):
            changed = copy.deepcopy(tree)
            target = _nodes(changed, guards)[number][0]
            was = ast.unparse(target)
            change(target)
            ast.fix_missing_locations(changed)
            now = ast.unparse(target)
            if now != was:
                yield Mutant(getattr(target, "lineno", 0), was[:90], now[:90], changed, is_guard)


def _nodes(tree: ast.Module, guards: frozenset[str]) -> list[tuple[ast.AST, bool]]:
    """Return every node that may be changed, in one order; annotations and docstrings are not."""
    found: list[tuple[ast.AST, bool]] = []

    def walk(node: ast.AST, is_guard: bool) -> None:
        inside = is_guard or bool(_names(node) & guards)
        found.append((node, inside))
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "bases", "arg_types"}:
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                    walk(child, inside)

    walk(tree, is_guard=False)
    return found


def _names(node: ast.AST) -> set[str]:
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def _enum_members(tree: ast.Module) -> dict[str, list[str]]:
    members = {
        node.name: [
            statement.targets[0].id
            for statement in node.body
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        ]
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    members["S"] = members.get("ActionState", [])
    members["ProbeVerdict"] = ["APPLIED", "ABSENT", "DIFFERENT", "CANNOT_TELL"]
    members["Keying"] = ["TAG", "NAME", "TARGET_VALUE", "NONE"]
    return {name: each for name, each in members.items() if len(each) > 1}


Change = Callable[[ast.AST], None]


def _changes(node: ast.AST, members: dict[str, list[str]]) -> Iterator[Change]:
    yield from _exchanges(node)
    yield from _other_values(node, members)
    yield from _removals(node)


def _exchanges(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARED:
        yield lambda n: n.ops.__setitem__(0, _COMPARED[type(n.ops[0])]())
    elif isinstance(node, ast.BoolOp):
        other = ast.And if isinstance(node.op, ast.Or) else ast.Or
        yield lambda n: setattr(n, "op", other())
    elif isinstance(node, ast.BinOp) and type(node.op) in _CALCULATED:
        yield lambda n: setattr(n, "op", _CALCULATED[type(n.op)]())
    elif isinstance(node, ast.Name) and node.id in _OTHER_NAMES:
        yield lambda n: setattr(n, "id", _OTHER_NAMES[n.id])


def _other_values(node: ast.AST, members: dict[str, list[str]]) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda n: setattr(n, "value", not n.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield lambda n: setattr(n, "value", n.value + 1)
    elif isinstance(node, ast.If | ast.IfExp):
        for value in (True, False):
            yield lambda n, v=value: setattr(n, "test", ast.Constant(v))
    elif isinstance(node, ast.Return) and node.value is not None:
        yield lambda n: setattr(n, "value", ast.Constant(None))
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        names = members.get(node.value.id, [])
        if node.attr in names:
            after = names[(names.index(node.attr) + 1) % len(names)]
            yield lambda n: setattr(n, "attr", after)


def _removals(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Set | ast.Tuple) and len(node.elts) > 1:
        if isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and isinstance(node, ast.Set):
            for number in range(len(node.elts)):
                yield lambda n, i=number: n.elts.pop(i)
    elif isinstance(node, ast.Dict) and len(node.keys) > 1:
        for number in range(len(node.keys)):
            yield lambda n, i=number: (n.keys.pop(i), n.values.pop(i))
    elif isinstance(node, ast.Call):
        for number, keyword in enumerate(node.keywords):
            if keyword.arg in {"delay_seconds", "hold_lanes_until", "longest", "until"}:
                yield lambda n, i=number: n.keywords.pop(i)
    elif isinstance(node, ast.Raise):
        # The statement goes; the module stays whole.
        yield lambda n: (setattr(n, "exc", ast.Name("RuntimeError", ast.Load())), None)[1]
