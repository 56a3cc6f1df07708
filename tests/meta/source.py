"""Our own source as parsed modules: what every house rule looks at."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src"

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file: its path below the root, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed file."""
        return ast.parse(self.text)

    @property
    def name(self) -> str:
        """Return the dotted name it is imported by."""
        return self.path.removeprefix("src/").removesuffix(".py").replace("/", ".")

    @cached_property
    def functions(self) -> tuple[AnyFunction, ...]:
        """Return every function and method, nested ones too."""
        return tuple(node for node in ast.walk(self.tree) if isinstance(node, AnyFunction))

    @cached_property
    def top_functions(self) -> dict[str, ast.FunctionDef]:
        """Return the functions of the module itself, by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}

    @cached_property
    def imported(self) -> dict[str, str]:
        """Return, for each name imported from somewhere, the dotted name it stands for."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return found


def modules(*folders: str) -> tuple[Module, ...]:
    """Return the modules below folders of the repository, migrations left out."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return tuple(_module(path) for path in paths if "migrations" not in path.parts)


@cache
def _module(path: Path) -> Module:
    return Module(path.relative_to(ROOT).as_posix(), path.read_text())
