"""Documents cannot rot: generated pages are current, commands and files that pages name exist."""

from __future__ import annotations

import importlib.util
import re
import tomllib

import pytest
import typer

from circles.cli.app import app

PAGES = ("README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "maps/README.md")


@pytest.fixture(scope="module")
def build_docs(repository):
    spec = importlib.util.spec_from_file_location("build_docs", repository / "scripts" / "build_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands(group, path="circles"):
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")


@pytest.fixture(scope="module")
def generated(build_docs):
    """The generated pages as the code gives them today, by name."""
    return build_docs.pages()


@pytest.mark.parametrize("page", ["area.md", "tables.md", "findings.md"])
def test_generated_pages_are_current(generated, repository, page):
    """What docs say of keys, tables and findings is what the code does; `make docs` makes them anew."""
    assert (repository / "docs" / page).read_text(encoding="utf-8") == generated[page], "run `make docs`"


def test_no_meaning_is_left_over(build_docs):
    """Every key of the area file has its meaning in the docs, and no meaning stands for a key that is gone."""
    keys = {f"{model.__name__}.{name}" for _, model, _ in build_docs.SECTIONS for name in model.model_fields}
    assert keys == set(build_docs.MEANING)


def test_every_finding_is_raised_documented_and_exemplified(build_docs, repository):
    """Every code raised has a section with an example in docs/findings.md, and no section stands for a code that is gone.

    An example is missing? Give its values in scripts/finding_examples.toml.
    """
    from circles.foundation import words

    known, raised = set(words.finding_codes()), set(build_docs.raised_codes())
    assert raised - known == set(), "raised, but without a sentence in words/findings"
    page = (repository / "docs" / "findings.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^### `([a-z0-9-]+)`$", page, re.MULTILINE))
    assert sections == known
    for part in page.split("\n### `")[1:]:
        code = part.split("`")[0]
        assert "```text" in part, code
        assert re.search(rf"(错误|警告|提示) {code}：", part), code
    examples = build_docs.finding_examples()
    assert set(examples["codes"]) <= known
    assert known - raised == set(), "in a catalogue, and raised nowhere"


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_both_readmes_name_every_command(repository, page):
    """Each command of the command line stands in both READMEs; those of the plan stand there or in docs/plan.md."""
    text = (repository / page).read_text(encoding="utf-8")
    plan = (repository / "docs" / "plan.md").read_text(encoding="utf-8")
    for path, command in commands(typer.main.get_command(app)):
        if command.hidden:
            continue
        named = text + plan if path.startswith("circles plan ") else text
        leaf = path.rpartition(" ")
        assert path in named or (path.count(" ") > 2 and leaf[0] in named and f"`{leaf[2]}`" in named), path


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_commands_shown_exist(repository, page):
    """Every `circles …` line in a README's console blocks names a command that exists, with options that it takes."""
    known = dict(commands(typer.main.get_command(app)))
    text = (repository / page).read_text(encoding="utf-8")
    shown = [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    shown = [line.removeprefix("$ ").split("#")[0].strip() for line in shown if line.startswith("$ ")]
    calls = [line for line in shown if line.startswith("circles ")]
    assert calls
    for line in calls:
        path = next(p for p in sorted(known, key=len, reverse=True) if f"{line} ".startswith(f"{p} "))
        takes = {option for parameter in known[path].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", line)) <= takes, line


def test_make_targets_shown_exist(repository):
    """Every `make …` that a page names is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (repository / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:`|\$ )make ([a-z-]+)", (repository / page).read_text(encoding="utf-8"))
        assert set(named) <= targets, page


def test_links_lead_somewhere(repository):
    """Every relative link and picture in the pages leads to a file that exists."""
    files = [repository / page for page in PAGES] + sorted((repository / "docs").glob("*.md"))
    files += sorted((repository / "data").glob("*/README.md"))
    broken = []
    for file in files:
        text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", text):
            link = next(part for part in target if part)
            if not re.match(r"[a-z]+:", link) and not (file.parent / link).exists():
                broken.append(f"{file.relative_to(repository)} → {link}")
    assert not broken


def test_the_table_in_the_readmes_is_real(repository):
    """The verdict table shown in the READMEs has the townships and the kinds of service of the embedded area."""
    area = tomllib.loads((repository / "data/gis/shengsi/area.toml").read_text(encoding="utf-8"))
    for page in ("README.md", "README.zh-CN.md"):
        text = (repository / page).read_text(encoding="utf-8")
        head = next(line for line in text.splitlines() if line.startswith("乡镇"))
        shown = [category.get("heading", category["name"]) for category in area["categories"]]
        assert head.split() == ["乡镇", *shown, "达到类数"]


@pytest.mark.long
def test_the_output_in_the_readmes_is_current(build_docs, repository):
    """What the READMEs show below `circles run` is what it prints today; `make docs` writes it anew."""
    for name, text in build_docs.readmes(build_docs.run_output()).items():
        assert (repository / name).read_text(encoding="utf-8") == text, "run `make docs`"


def test_the_preview_is_small(repository):
    """The pictures on the first screen, of the map and of the desk, are PNGs below 400 kB."""
    for name in ("preview.png", "preview-desk.png"):
        picture = (repository / "maps" / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 400_000
