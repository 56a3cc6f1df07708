"""No pattern, format, path or header is put together from what somebody typed."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

import pytest

from tests.meta.source import ROOT, Module, modules

OURS = modules("src/glassbox", "src/metrc_client")
SCRIPTS = sorted((ROOT / "frontend").glob("*.js"))
PATTERN_WORDS = {"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall"}
PATTERN_WORDS |= {"finditer"}
# METRC's sentences and the paths of its calls: of files of ours, and escaped before they are patterns.
ESCAPED = {
    "src/glassbox/rules/metrc_messages.py": "re.escape(values['says']",
    "src/glassbox/queries/api_console.py": "re.escape(call",
}
# Formats that are no literal, but come out of a table of the code; each with the table's name.
FIXED_FORMATS = {
    "src/glassbox/rules/metrc_messages.py": ("message.plain", "message.what_to_do", "VALUE if"),
    "src/glassbox/queries/package_grid/words_in_use.py": ("WORDS",),
    "src/glassbox/queries/differences/records.py": ("CHILD_WORDS[difference_class]",),
    "src/glassbox/queries/audit_trail/events.py": ("PAGES[kind]",),
    "src/metrc_client/client.py": ("endpoint.path",),
    "src/glassbox/runtime/standby.py": ("command",),
}
# Floors that serve people. What they open or read is named by settings or by a row's number.
SERVING = ("src/glassbox/web/", "src/glassbox/api/", "src/glassbox/operations/")
SERVING += ("src/glassbox/queries/", "src/glassbox/jobs/")
OPENERS = {"open", "Path", "os.open", "io.open", "shutil.copy", "shutil.move", "FileResponse"}
# Each place of those floors that opens a file: what the name is made of is seen in its words.
SETTINGS_WORDS = re.compile(r"settings\.[A-Z_]+|__file__|^path$|^temporary$")


def is_constant(node: ast.AST) -> bool:
    """Say whether a text is of the code alone: literals, and names in capitals."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name | ast.Attribute):
        return ast.unparse(node).rpartition(".")[2].isupper()
    if isinstance(node, ast.JoinedStr):
        return all(is_constant(one) for one in node.values)
    if isinstance(node, ast.FormattedValue):
        return is_constant(node.value)
    if isinstance(node, ast.BinOp):
        return is_constant(node.left) and is_constant(node.right)
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "re.escape"


def calls(module: Module) -> Iterator[ast.Call]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield node


def foreign_patterns(module: Module) -> Iterator[str]:
    """Yield each regular expression that is not of the code, or escaped."""
    for call in calls(module):
        function = call.func
        if not isinstance(function, ast.Attribute) or ast.unparse(function.value) != "re":
            continue
        if function.attr not in PATTERN_WORDS or not call.args or is_constant(call.args[0]):
            continue
        if ESCAPED.get(module.path, "\0") not in ast.unparse(module.tree):
            yield f"{module.path}:{call.lineno}: {ast.unparse(call)[:80]}"
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.keyword) or is_constant(node.value):
            continue
        if re.search(r"__i?regex$", node.arg or ""):
            yield f"{module.path}:{node.value.lineno}: {node.arg}"


def foreign_formats(module: Module) -> Iterator[str]:
    """Yield each text that is formatted and is not of the code."""
    allowed = FIXED_FORMATS.get(module.path, ())
    for call in calls(module):
        function = call.func
        if not isinstance(function, ast.Attribute) or function.attr not in {"format", "format_map"}:
            continue
        text = ast.unparse(function.value)
        inner = function.value.args if isinstance(function.value, ast.Call) else []
        is_sql = text.startswith("sql.SQL(") and all(map(is_constant, inner))
        if not (is_constant(function.value) or is_sql or text.lstrip("(").startswith(allowed)):
            yield f"{module.path}:{call.lineno}: {text[:80]}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            is_text = isinstance(node.right, ast.Tuple | ast.Dict)
            if is_text and not is_constant(node.left):
                yield f"{module.path}:{node.lineno}: {ast.unparse(node)[:80]}"


def foreign_paths(module: Module) -> Iterator[str]:
    """Yield each file that a serving floor opens by a name that is not the installation's."""
    if not module.path.startswith(SERVING):
        return
    for call in calls(module):
        if ast.unparse(call.func) not in OPENERS or not call.args:
            continue
        if not SETTINGS_WORDS.search(ast.unparse(call.args[0])):
            yield f"{module.path}:{call.lineno}: {ast.unparse(call)[:80]}"


def headers_by_hand(module: Module) -> Iterator[str]:
    """Yield each download that is named anywhere but where names are made safe."""
    if module.path == "src/glassbox/web/downloads.py":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and node.value == "Content-Disposition":
            yield f"{module.path}:{node.lineno}"


def merged_objects(text: str) -> Iterator[str]:
    """Yield what lets a foreign object become part of one of ours, or of a prototype."""
    yield from re.findall(
        r"__proto__|\.prototype\b|Object\.(?:assign|defineProperty|setPrototypeOf)|\bmerge\(", text
    )
    # An object written to under a name that is no literal; typed arrays and maps have methods.
    yield from re.findall(r"\w\[(?![\"'`\d])[^\]]+\]\s*=(?![=>])", text)


@pytest.mark.parametrize(
    "check", [foreign_patterns, foreign_formats, foreign_paths, headers_by_hand]
)
def test_nothing_is_built_from_input(check: Callable[[Module], Iterator[str]]) -> None:
    assert [found for module in OURS for found in check(module)] == []


def test_no_script_of_ours_merges_foreign_objects() -> None:
    assert SCRIPTS
    assert {one.name: list(merged_objects(one.read_text())) for one in SCRIPTS} == {
        one.name: [] for one in SCRIPTS
    }


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (foreign_patterns, "re.compile(typed)"),
        (foreign_patterns, "re.fullmatch(f'{typed}$', x)"),
        (foreign_patterns, "Package.objects.filter(label__regex=typed)"),
        (foreign_formats, "typed.format(x=1)"),
        (foreign_formats, "typed % (1, 2)"),
        (foreign_paths, "open(request.GET['file'])"),
        (foreign_paths, "Path(folder / typed)"),
        (headers_by_hand, "answer['Content-Disposition'] = name"),
    ],
)
def test_each_check_sees_a_breach(check: Callable[[Module], Iterator[str]], text: str) -> None:
    assert list(check(Module("src/glassbox/web/x.py", text)))


@pytest.mark.parametrize(
    "text", ["config[name] = 1", "Object.assign(ours, theirs)", 'x["__proto__"]', "a.prototype.b"]
)
def test_the_check_of_scripts_sees_a_breach(text: str) -> None:
    assert list(merged_objects(text))
