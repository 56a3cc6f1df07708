"""The house rules that a machine can check. Each takes a module and yields what breaks the rule."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tests.meta.source import AnyFunction, Module

MODULE_LINES_AT_MOST = 600
FUNCTION_LINES_AT_MOST = 70


def module_is_short(module: Module) -> Iterator[str]:
    """Yield the module if it has more than 600 lines."""
    lines = module.text.count("\n")
    if lines > MODULE_LINES_AT_MOST:
        yield f"{module.path}: {lines} lines; {MODULE_LINES_AT_MOST} at most"


def functions_are_short(module: Module) -> Iterator[str]:
    """Yield each function of more than 70 lines."""
    for function in module.functions:
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_AT_MOST:
            yield f"{_where(module, function)}: {lines} lines; {FUNCTION_LINES_AT_MOST} at most"


def imports_stand_on_top(module: Module) -> Iterator[str]:
    """Yield each import inside a function: it hides a circle from the contracts."""
    for function in module.functions:
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function)):
            yield f"{_where(module, function)}: imports inside a function"


def package_files_are_empty(module: Module) -> Iterator[str]:
    """Yield an `__init__.py` that imports: names have one home, and circles stay visible."""
    if module.path.endswith("__init__.py") and "gates" not in module.path:
        imports = [node for node in module.tree.body if isinstance(node, ast.Import)]
        from_imports = [
            node
            for node in module.tree.body
            if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        ]
        if imports or from_imports:
            yield f"{module.path}: imports names that have a home elsewhere"


def foreign_keys_name_classes(module: Module) -> Iterator[str]:
    """Yield each relation whose target is a string: the contracts cannot see that arrow."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        field = ast.unparse(node.func).split(".")[-1]
        if field in {"ForeignKey", "OneToOneField", "ManyToManyField"}:
            target = node.args[0]
            if isinstance(target, ast.Constant) and target.value != "self":
                yield f"{module.path}:{node.lineno}: {field} to {target.value!r} as a string"


def rows_are_never_cascaded(module: Module) -> Iterator[str]:
    """Yield each relation that deletes with its parent: nothing regulated is deleted."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"CASCADE", "SET_NULL", "DO_NOTHING"}:
            yield f"{module.path}:{node.lineno}: {node.attr} where PROTECT belongs"


def modules_say_what_belongs(module: Module) -> Iterator[str]:
    """Yield a module with code and no docstring."""
    if module.tree.body and ast.get_docstring(module.tree) is None:
        yield f"{module.path}: no sentence that says what belongs here"


def public_things_are_described(module: Module) -> Iterator[str]:
    """Yield each public function or class of a module that has no docstring."""
    for node in module.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and not _speaks_for_itself(node):
            yield f"{module.path}:{node.lineno} {node.name}: no docstring"


def _speaks_for_itself(node: ast.FunctionDef | ast.ClassDef) -> bool:
    # A closed list of words, or a typed row of a dictionary: the names are all there is to say.
    return isinstance(node, ast.ClassDef) and any(
        ast.unparse(base).split(".")[-1] in {"StrEnum", "TextChoices", "IntegerChoices"}
        for base in node.bases
    )


def decorators_of(function: ast.FunctionDef) -> set[str]:
    """Return the names of a function's decorators."""
    return {ast.unparse(decorator).split("(")[0] for decorator in function.decorator_list}


def actor_comes_first(module: Module, function: ast.FunctionDef) -> Iterator[str]:
    """Yield the function unless it takes keywords only, and `actor` as the first of them."""
    if function.args.args or function.args.posonlyargs:
        yield f"{_where(module, function)}: takes arguments that are not keywords"
    elif not function.args.kwonlyargs or function.args.kwonlyargs[0].arg != "actor":
        yield f"{_where(module, function)}: `actor` is not its first argument"


def reaches(
    wanted: str,
    module: Module,
    function: ast.FunctionDef,
    by_name: Mapping[str, Module],
    seen: frozenset[tuple[str, str]] = frozenset(),
) -> bool:
    """Return whether a function calls `wanted`, itself or through functions of the same floor."""
    seen |= {(module.name, function.name)}
    here, imported = module.top_functions, module.imported
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == wanted:
            return True
        # A name that is handed on counts: `guard(..., act=_approve)` calls it in the end.
        if not isinstance(node, ast.Name):
            continue
        home, name = module, node.id
        if name not in here:
            path, _, name = imported.get(name, "").rpartition(".")
            if path not in by_name:
                continue
            home = by_name[path]
        target = home.top_functions.get(name)
        if target is None or (home.name, name) in seen:
            continue
        if reaches(wanted, home, target, by_name, seen):
            return True
    return False


def _where(module: Module, function: AnyFunction) -> str:
    return f"{module.path}:{function.lineno} {function.name}"
