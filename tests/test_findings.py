"""Every finding is rendered with the values that its own call gives it: read from the code, call by call."""

from __future__ import annotations

import ast
import errno
import os
import re
import string
from functools import cache
from pathlib import Path

import pytest

from circles.foundation import errors, words

PACKAGE = Path(errors.__file__).resolve().parents[1]
MAKERS = {"error", "warning", "info"}
PLACE = {"table", "row", "id"}
"""What a finding fills by itself."""


@cache
def fields(template: str) -> set[str]:
    """The values that a sentence takes."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def name_of(call: ast.Call) -> str:
    """The last word of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@cache
def words_in(node: ast.AST) -> frozenset[str]:
    """Names of keywords and keys of dicts in a piece of code: all that it could hand on."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.keyword) and part.arg:
            found.add(part.arg)
        if isinstance(part, ast.Dict):
            found |= {key.value for key in part.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant):
            found.add(str(part.slice.value))
    return frozenset(found)


@cache
def modules() -> dict[Path, ast.Module]:
    """The package as syntax."""
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py"))}


@cache
def functions() -> dict[str, list[ast.AST]]:
    """Every function and class by name."""
    found: dict[str, list[ast.AST]] = {}
    for tree in modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


@cache
def given_to_codes_of_others() -> frozenset[str]:
    """What calls give whose code comes from elsewhere: from a list, or from an exception that carries one."""
    found: set[str] = set()
    for tree in modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                first = node.args[0]
                named = first.id if isinstance(first, ast.Name) else getattr(first, "attr", "")
                if "code" in named or (name_of(node) in MAKERS and not isinstance(first, ast.Constant)):
                    found |= words_in(node)
    return frozenset(found)


@cache
def calls() -> list[tuple[str, int, str, set[str], bool]]:
    """Every call with the code of a finding: file, line, code, the values it gives, and whether it gives more unseen.

    Where values come as ``**values``, or through a function of ours, all that the surrounding code and that function
    could hand on counts as given.
    """
    known = words.finding_codes()
    found = []
    for file, tree in modules().items():
        owners = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            code = next((a.value for a in node.args if isinstance(a, ast.Constant) and a.value in known), None)
            if not isinstance(code, str):
                continue
            given = {k.arg for k in node.keywords if k.arg}
            is_direct = name_of(node) in MAKERS and not any(k.arg is None for k in node.keywords)
            if not is_direct:
                around = [o for o in owners if o.lineno <= node.lineno <= (o.end_lineno or o.lineno)]
                inner = [name_of(part) for part in ast.walk(node) if isinstance(part, ast.Call)]
                helpers = [f for name in inner if name not in MAKERS for f in functions().get(name, [])]
                for part in (*around, *helpers):
                    given |= words_in(part)
                if name_of(node) not in MAKERS:
                    given |= given_to_codes_of_others()
            found.append((file.relative_to(PACKAGE).as_posix(), node.lineno, code, given, is_direct))
    return found


def test_every_call_gives_what_the_sentences_of_its_finding_take():
    """No sentence, in either language, takes a value that the call which makes the finding does not give."""
    known = words.finding_codes()
    seen = calls()
    assert len({code for _, _, code, _, _ in seen}) > 0.8 * len(known)
    wrong = []
    for file, line, code, given, _ in seen:
        for key in ("zh", "en", "fix_zh", "fix_en"):
            missing = fields(known[code][key]) - given - PLACE
            if missing:
                wrong.append(f"{file}:{line}: {code}.{key} takes {sorted(missing)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("lang", words.LANGS)
def test_every_finding_renders_with_the_values_of_its_calls(lang):
    """Each finding, made as its call makes it, gives one line with a message; no brace and no 'None' is left in it."""
    for file, line, code, given, is_direct in calls():
        if not is_direct:
            continue
        values = dict.fromkeys(given - PLACE, 3)
        for place in ({}, {"row": 7, "id": "x"}):
            item = errors.error(code, "f.csv", **place, **values)
            shown = item.line(lang)
            assert item.message(lang), f"{file}:{line}"
            assert "None" not in shown, f"{file}:{line}: {shown}"
            assert item.why(lang) is not None


@pytest.mark.parametrize("lang", words.LANGS)
def test_nothing_is_asked_where_nothing_is_near(lang):
    """A sentence that would name the likeliest choice leaves that part out where there is none, and still gives a remedy."""
    marked = 0
    for code, entry in words.finding_codes().items():
        parts = re.findall("⟦(.*?)⟧", entry[lang] + entry[f"fix_{lang}"])
        optional = set().union(*map(fields, parts))
        values = dict.fromkeys(fields(entry[lang] + entry[f"fix_{lang}"]) - PLACE, 3) | dict.fromkeys(
            optional, words.NONE
        )
        item = errors.error(code, "f.csv", **values)
        assert not re.search("[⟦⟧]", item.line(lang)), code
        if optional:
            marked += 1
            assert words.NONE not in item.message(lang) + item.fix(lang), item.line(lang)
            assert item.fix(lang).strip(), code
        else:
            assert "{near}" not in entry[f"fix_{lang}"] or code == "sheet-other", code
    assert marked > 20


def test_what_the_system_says_is_said_in_the_readers_language():
    """The system's own words for a missing file or a full disk are translated; other texts and unknown errors stay."""
    for number, zh in ((errno.ENOENT, "没有这个文件或文件夹"), (errno.ENOSPC, "磁盘已满"), (errno.EACCES, "没有权限")):
        item = errors.error("file-unreadable", "a.csv", detail=os.strerror(number))
        assert zh in item.line("zh")
        assert os.strerror(number) not in item.line("zh")
    assert words.system("Zeile 3 fehlt", "zh") == "Zeile 3 fehlt"


def test_a_place_that_the_sentence_names_is_not_named_twice():
    """A file's name stands once where the message holds it, and behind the message where a row or an id belongs to it."""
    assert errors.error("area-file-missing", "a.toml", path="a.toml").line("en").count("a.toml") == 1
    assert errors.error("area-file-missing", "a.toml", 3, path="a.toml").line("en").count("a.toml") == 2


def test_names_are_listed_as_the_language_does():
    """A finding that names several things sets them apart with 、 in Chinese and with a comma in English."""
    item = errors.error("plan-unknown-unit", id="x", value="县卫局", valid=("县卫健局", "县教育局"))
    assert "县卫健局、县教育局" in item.line("zh")
    assert "县卫健局, 县教育局" in item.line("en")
