"""What the source may not do: run text, build SQL from strings, trust markup, follow redirects."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.meta.source import ROOT, Module, modules

OURS = modules("src/glassbox", "src/metrc_client")
RUNS_TEXT = {"eval", "exec", "compile", "os.system", "os.popen", "pickle.loads", "pickle.load"}
RUNS_TEXT |= {"marshal.loads", "yaml.load", "yaml.unsafe_load", "shelve.open", "mark_safe"}
RUNS_TEXT |= {"SafeString", "Template", "Engine", "from_string", "jinja2.Template"}
# The index of a pack is made from a template that lies beside the code; the reader of scenario files
# loads by a subclass of yaml.SafeLoader that keeps line numbers.
MAY = {
    "src/glassbox/paperwork/pack_index.py": {"Engine"},
    "src/glassbox/cli/scenarios/language.py": {"yaml.load"},
}
CHANGES = {"append", "add", "update", "pop", "clear", "setdefault", "extend", "remove", "insert"}
WEAK = {"md5", "sha1"}
SECRET_BITS_AT_LEAST = 128  # ASVS 5.0, 11.5.1
# The published lists of leaked passwords are of SHA-1; nothing is kept or signed by it.
LISTS_OF_OTHERS = {"src/glassbox/web/breached.py"}
# Draws of no consequence: where pacing begins, and when a scenario kills a process.
NO_SECRET_DRAWS = {"src/metrc_client/pacing.py", "src/glassbox/cli/scenarios/killing.py"}
FORMS, FORM_FIELDS = ("form", "passkey", "webauthn_form"), ("credential", "passwordless")
# Seeds of samples that people draw, names that are to be unlike each other, and the demo's people.
NO_SECRETS = {
    "src/glassbox/audit/sequencer.py",
    "src/glassbox/operations/inspection.py",
    "src/glassbox/operations/actions/draft.py",
    "src/glassbox/cli/demo_brand.py",
}
TEMPLATES = [*(ROOT / "src/glassbox/web/templates").rglob("*.html")]
SCRIPTS = [*(ROOT / "frontend").glob("*.js")]


def dangerous_calls(module: Module) -> Iterator[str]:
    """Yield each call that runs text as code, starts a shell, or trusts markup."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in RUNS_TEXT - MAY.get(module.path, set()):
            yield f"{module.path}:{node.lineno}: {name}"
        for keyword in node.keywords:
            if keyword.arg == "shell" and ast.unparse(keyword.value) != "False":
                yield f"{module.path}:{node.lineno}: a shell"
            if keyword.arg == "follow_redirects" and ast.unparse(keyword.value) != "False":
                yield f"{module.path}:{node.lineno}: follows redirects"
            if keyword.arg == "verify" and ast.unparse(keyword.value) == "False":
                yield f"{module.path}:{node.lineno}: trusts any certificate"


def weak_primitives(module: Module) -> Iterator[str]:
    """Yield each use of a broken hash, and of a generator that can be foreseen."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Attribute):
            continue
        name = ast.unparse(node)
        if name in {f"hashlib.{one}" for one in WEAK} and module.path not in LISTS_OF_OTHERS:
            yield f"{module.path}:{node.lineno}: {name}"
        if name.startswith("random.") and module.path not in NO_SECRET_DRAWS:
            yield f"{module.path}:{node.lineno}: {name}"


def decoded_again(module: Module) -> Iterator[str]:
    """Yield each place where a text that the framework decoded is decoded once more."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).split(".")[-1]
        if name in {"unquote", "unquote_plus", "unescape", "unquote_to_bytes"}:
            yield f"{module.path}:{node.lineno}: {name}"


def constants(module: Module) -> dict[str, object]:
    """Return the names of a module that stand for one value."""
    return {
        ast.unparse(one): node.value.value
        for node in module.tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for one in node.targets
    }


CONSTANTS = {name: value for module in OURS for name, value in constants(module).items()}


def short_secrets(module: Module) -> Iterator[str]:
    """Yield each secret that is made with fewer than 128 random bits."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        if not re.fullmatch(r"secrets\.token_\w+", ast.unparse(node.func)):
            continue
        # Without a number Python takes 32 bytes.
        size = ast.unparse(node.args[0]) if node.args else "32"
        number = {**CONSTANTS, **constants(module)}.get(size, size)
        if not str(number).isdecimal() or int(number) * 8 < SECRET_BITS_AT_LEAST:
            yield f"{module.path}:{node.lineno}: {number} bytes"


def shared_changes(module: Module) -> Iterator[str]:
    """Yield each place where a function changes what a module holds for every thread."""
    assigned = [node for node in module.tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    targets = [one.targets if isinstance(one, ast.Assign) else [one.target] for one in assigned]
    names = {ast.unparse(target) for some in targets for target in some}
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = [
        one
        for node in ast.walk(module.tree)
        if isinstance(node, functions)
        for one in ast.walk(node)
    ]
    for node in inside:
        changed = ""
        if isinstance(node, ast.Global):
            changed = node.names[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            changed = ast.unparse(node.func.value) if node.func.attr in CHANGES else ""
        elif isinstance(node, ast.Assign | ast.AugAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            changed = ast.unparse(target.value) if isinstance(target, ast.Subscript) else ""
        if isinstance(node, ast.Global) or changed in names:
            yield f"{module.path}:{node.lineno}: {changed}"


def values_in_sql(module: Module) -> Iterator[str]:
    """Yield each execute() whose SQL is put together from anything but constants of the code."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in {"execute", "executemany", "raw"} or not node.args:
            continue
        sql = node.args[0]
        if isinstance(sql, ast.JoinedStr):
            parts = [one for one in sql.values if isinstance(one, ast.FormattedValue)]
            foreign = [one for one in parts if not ast.unparse(one.value).isupper()]
            if foreign:
                yield f"{module.path}:{node.lineno}: {ast.unparse(sql)[:80]}"
        # psycopg's own composition quotes every part as a literal or an identifier.
        elif isinstance(sql, ast.BinOp | ast.Call) and re.match(
            r"(?!sql\.SQL).*(\.format\(| % | \+ )", ast.unparse(sql), re.DOTALL
        ):
            yield f"{module.path}:{node.lineno}: {ast.unparse(sql)[:80]}"


# Statements with a name from a fixed list of the code, never from outside.
FIXED_WORDS = {
    "src/glassbox/cli/hand_over.py": "names of tables and columns out of the database's own catalogue",
    "src/glassbox/audit/standing.py": "one of two fixed ways of planning",
    "src/glassbox/queries/package_grid/words_in_use.py": "a column out of a table of the code",
}


def test_nothing_runs_text_or_trusts_it() -> None:
    assert [found for module in OURS for found in dangerous_calls(module)] == []


def test_no_broken_hash_and_no_secret_that_can_be_foreseen() -> None:
    assert [found for module in OURS for found in weak_primitives(module)] == []


def test_nothing_that_was_decoded_is_decoded_again() -> None:
    found = [one.split(":")[0] for module in OURS for one in decoded_again(module)]

    # An address of the database, out of the settings; and a look for null characters, not a reading.
    assert found == [
        "src/glassbox/api/door.py",
        *["src/glassbox/config/settings.py"] * 2,
    ]


def test_every_secret_has_128_random_bits() -> None:
    found = [one for module in OURS for one in short_secrets(module)]
    others = [one for one in found if one.split(":")[0] not in NO_SECRETS]

    assert others == []


def test_threads_change_nothing_that_they_share() -> None:
    found = [one for module in OURS if "/cli/" not in module.path for one in shared_changes(module)]

    # Filled while it is imported, before there is a second thread.
    assert [one.split(":")[0] for one in found] == ["src/glassbox/web/work.py"]


def test_no_value_is_put_into_sql_as_text() -> None:
    served = [module for module in OURS if "/migrations/" not in module.path]
    served = [module for module in served if "/runtime/" not in module.path]
    found = [one for module in served for one in values_in_sql(module)]

    assert [one for one in found if one.split(":")[0] not in FIXED_WORDS] == []


def test_templates_escape_and_have_no_script_of_their_own() -> None:
    for template in TEMPLATES:
        text = template.read_text()
        assert not re.search(r"\|\s*safe(seq)?\b|autoescape off", text), template
        # A value stands between quotes, never in a style, and in JSON only as what Django's forms
        # call their own fields.
        assert not re.search(r"\s[a-z-]+=\{\{|style=\"[^\"]*\{[{%]|<style", text), template
        for script in re.findall(r"application/json\">(.*?)</script>", text, re.DOTALL):
            assert set(re.findall(r"\{\{(.*?)\}\}", script)) <= {
                *(f" {form}.{field}.auto_id " for form in FORMS for field in FORM_FIELDS)
            }, template
        assert not re.search(r"<(object|embed|applet|iframe|frame)\b", text), template
        assert not re.search(
            r"\son(click|load|error|submit|change|input|focus|blur|key\w+|mouse\w+)=|javascript:",
            text,
        ), template
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))[^>]*>", text), (
            template
        )


def test_scripts_keep_nothing_and_build_no_markup_from_text() -> None:
    for script in SCRIPTS:
        text = script.read_text()
        for word in (
            "localStorage",
            "sessionStorage",
            "indexedDB",
            "postMessage",
            "eval(",
            "Function(",
        ):
            assert word not in text, (script, word)
        assert not re.search(r"\.innerHTML\s*=|insertAdjacentHTML|document\.write", text), script


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (dangerous_calls, "eval('1')"),
        (dangerous_calls, "subprocess.run('ls', shell=True)"),
        (dangerous_calls, "httpx.Client(follow_redirects=True)"),
        (dangerous_calls, "httpx.Client(verify=False)"),
        (weak_primitives, "hashlib.md5(b'')"),
        (weak_primitives, "random.choice('ab')"),
        (values_in_sql, "cursor.execute(f'SELECT {name}')"),
        (shared_changes, "SEEN = []\ndef f():\n    SEEN.append(1)"),
        (shared_changes, "SEEN = {}\ndef f():\n    SEEN[1] = 2"),
        (shared_changes, "SEEN = 1\ndef f():\n    global SEEN"),
        (decoded_again, "urllib.parse.unquote(text)"),
        (short_secrets, "secrets.token_urlsafe(15)"),
        (short_secrets, "SHORT = 8\nsecrets.token_hex(SHORT)"),
        (values_in_sql, "cursor.execute('SELECT {}'.format(name))"),
    ],
)
def test_each_check_sees_a_breach(check: object, text: str) -> None:
    assert callable(check)
    assert list(check(Module("src/glassbox/x.py", text)))
