"""The house keeps its order: rooms, catalogues, what is committed, what an installed copy carries."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from circles.foundation import words

PLACES = re.compile(r"(?<![\w.~…])/(work|root|home|Users|mnt|tmp)/[\w.]|[A-Z]:\\Users\\")
REGISTRIES = re.compile(
    r"--(extra-)?index-url|artifactory|devpi|/(nexus|repository|simple)/\w|https?://(10\.|192\.168\.)"
)
LARGEST_BYTES = 1_500_000
CATALOGUES = sorted((Path(words.__file__).parent).glob("**/*.toml"))


def committed(repository: Path) -> list[Path]:
    if not (repository / ".git").exists():
        pytest.skip("not a Git checkout: what is committed cannot be told")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=True).stdout
    files = [repository / name for name in listed.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


def values_of(template: str) -> set[str]:
    """The values a sentence takes; ``names_en`` is ``names`` worded in English."""
    return {name.removesuffix("_en") for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_rooms_import_only_what_is_below_them(repository):
    """No room imports a room above it, every room has its place, and only outputs know how things look."""
    pytest.importorskip("importlinter")
    program = Path(sys.executable).parent / "lint-imports"
    found = subprocess.run([program, "--no-cache"], cwd=repository, capture_output=True, encoding="utf-8", check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_every_sentence_exists_in_both_languages(file):
    """Every entry has a Chinese and an English text of the same values, and a finding also says what to do."""
    is_finding = file.parent.name == "findings"
    for name, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
        keys = {"zh", "en", "fix_zh", "fix_en"} if is_finding else {"zh", "en"}
        assert set(entry) >= keys, f"{name}: {keys - set(entry)} missing"
        assert all(entry[key].strip() or key.startswith("fix") or name.startswith("unit_") for key in keys), name
        fields = {key: values_of(entry[key]) for key in keys}
        assert fields["en"] <= fields["zh"], f"{name}: {fields}"
        assert fields.get("fix_en", set()) <= fields.get("fix_zh", set()) | fields["zh"], f"{name}: {fields}"


def test_no_finding_is_written_twice():
    """A finding's code stands in one catalogue only, so that its text cannot depend on the order of files."""
    codes = [
        code for file in CATALOGUES if file.parent.name == "findings"
        for code in tomllib.loads(file.read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert sorted(codes) == sorted(set(codes))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes)


def test_committed_files_are_small(repository):
    """Nothing above 1.5 MB is committed: a clone stays quick, and data that large are fetched by whoever needs them."""
    large = {str(file): file.stat().st_size for file in committed(repository) if file.stat().st_size > LARGEST_BYTES}
    assert not large


def test_nothing_names_a_machine(repository):
    """No committed text holds a path of somebody's machine or the address of a private package registry."""
    found = []
    for file in committed(repository):
        content = file.read_bytes()
        if b"\0" in content or file.name in {"LICENSE", Path(__file__).name}:
            continue
        for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            if PLACES.search(line) or REGISTRIES.search(line):
                found.append(f"{file.relative_to(repository)}:{number}: {line.strip()[:100]}")
    assert not found


def test_modules_are_small(repository):
    """No module is longer than 400 lines: a room that grows gets another module, not a longer one."""
    long = {
        f.name: n for f in (repository / "circles").rglob("*.py") if (n := len(f.read_text("utf-8").splitlines())) > 400
    }
    assert not long


def test_the_map_of_the_house_is_true(repository):
    """Every file that ARCHITECTURE.md's tables send a reader to exists, and a room's line names every package in it."""
    text = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    roots = [repository, repository / "circles", repository / "circles/foundation"]
    named = {name for line in lines for name in re.findall(r"`([\w/.]+/[\w.]*)`", line)}
    rooms = {found[1]: line for line in lines if (found := re.match(r"\| `(\w+)/` \|", line))}
    inside = {f"{room}/{p.name}/" for room in rooms for p in (repository / "circles" / room).iterdir() if p.is_dir()}
    roots += [repository / "circles" / room for room in rooms]
    assert not {
        name for name in named if not any((root / name).exists() or (root / f"{name}.py").exists() for root in roots)
    }
    packages = {item for item in inside if (repository / "circles" / item / "__init__.py").exists()}
    assert not {item for item in packages if f"`{item.split('/')[1]}/" not in rooms[item.split("/")[0]]}


@cache
def public_functions(folder: Path) -> tuple[tuple[str, ast.FunctionDef], ...]:
    """Every function that other modules may call, with where it stands; the options of `cli` are documented by their help."""
    return tuple(_public_functions(folder))


def _public_functions(folder: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).parts
        waiting = [] if parts[0] == "cli" else list(ast.parse(file.read_text("utf-8")).body)
        for node in waiting:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if isinstance(node, ast.FunctionDef):
                yield f"{'/'.join(parts)}:{node.lineno} {node.name}", node
            else:
                waiting += node.body


def own_statements(node: ast.AST) -> Iterator[ast.AST]:
    """What a function itself does, without the functions and classes in it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from own_statements(child)


@cache
def section(function: ast.FunctionDef, title: str) -> str:
    """The text of a section of a numpy-style docstring, empty where there is none."""
    text = ast.get_docstring(function) or ""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[\w ]*\n---|\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def test_functions_with_many_parameters_describe_each(repository):
    """A public function with four or more parameters names every one of them in its section `Parameters`."""
    missing = []
    for place, function in public_functions(repository / "circles"):
        given = function.args
        names = [
            arg.arg for arg in [*given.posonlyargs, *given.args, *given.kwonlyargs] if arg.arg not in ("self", "cls")
        ]
        described = set(re.findall(r"\w+", section(function, "Parameters")))
        if len(names) >= 4 and set(names) - described:
            missing.append(f"{place}: {', '.join(name for name in names if name not in described)}")
    assert not missing


def test_described_parameters_exist(repository):
    """What a docstring describes as a parameter is one: a name that changed has changed there too."""
    unknown = []
    for place, function in public_functions(repository / "circles"):
        given = function.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        names = {arg.arg for arg in every if arg is not None}
        entries = re.findall(r"^(\*{0,2}\w[\w, *]*?)(?: :.*)?$", section(function, "Parameters"), re.MULTILINE)
        described = {name.strip(" *") for entry in entries for name in entry.split(",")}
        unknown += [f"{place}: {name}" for name in sorted(described - names)]
    assert not unknown


def test_the_words_are_the_fields_own(repository):
    """Code and pages say it in standard terms: reported, snapped, straight-line, atomic, connected component."""
    private = re.compile(
        r"\b(told|tells|telling)\b|as the crow flies|from each to each|hangs? together|as a whole or not at all"
        r"|\b(join(s|ed|ing)?) (to|on) (a|the|no|another) (street|network|line)|look(ed|s)? for garbage|asks? memory"
    )
    made = {"area.md", "findings.md", "tables.md"}
    files = [*(repository / "circles").rglob("*.py"), *(repository / "circles/outputs/map/script").glob("*.js")]
    files += [file for file in (repository / "docs").glob("*.md") if file.name not in made]
    found = [
        f"{file.relative_to(repository)}:{number}: {line.strip()[:100]}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if private.search(line.replace("encoding-told", ""))
    ]
    assert not found


def test_what_raises_says_so(repository):
    """A public function that raises an error of its own says when, in its section `Raises`."""
    silent = [
        place for place, function in public_functions(repository / "circles")
        if not section(function, "Raises")
        and any(
            isinstance(node, ast.Raise) and node.exc is not None and ast.unparse(node.exc) != "AssertionError"
            for node in own_statements(function)
        )
    ]  # fmt: skip
    assert not silent


@pytest.mark.long
def test_the_wheel_carries_what_it_needs(repository, tmp_path):
    """An installed copy runs without the checkout: embedded area, plan, catalogues, map assets, migrations, licences."""
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", str(repository), "--no-deps", "--quiet", "--wheel-dir", str(tmp_path)],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("circles-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    here = {f.relative_to(repository).as_posix() for f in committed(repository)}
    code = {name for name in here if name.startswith("circles/")}
    data = {f"circles/{name}" for name in here if name.startswith(("data/gis/", "data/plan/"))}
    assert code | data <= names, sorted((code | data) - names)
    for wanted in ("data/gis/shengsi/area.toml", "data/plan/shengsi-2024.toml", "foundation/words/findings/area.toml",
                   "outputs/map/assets/atlas.js", "outputs/map/assets/atlas.css", "plan/migrations/env.py"):  # fmt: skip
        assert f"circles/{wanted}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
