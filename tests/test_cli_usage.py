"""Mistyped command lines are answered in the language asked for, with what was probably meant."""

from __future__ import annotations

import re
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from circles.cli.app import app
from circles.cli.console import step
from circles.foundation.version import __version__

RUN = CliRunner()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rnu", ["没有命令“rnu”", "您是否想写 run？", "写法：", "-h"]),
        ("rnu --lang en", ["no command “rnu”", "Did you mean run?", "usage: "]),
        ("run --ful", ["没有选项 --ful", "您是否想写 --full？", "[选项] [AREA.toml]"]),
        ("run --zzzzzz", ["没有选项 --zzzzzz"]),
        ("run --sure viele", ["--sure 应写整数"]),
        ("run --sure viele --lang=en", ["--sure is a whole number"]),
        ("run a.toml b.toml", ["多余的参数：b.toml"]),
        ("check --format xml", ["--format 可写：table、csv、json"]),
        ("network", ["缺少 AREA.toml"]),
        ("run --out", ["--out 后面要写一个值"]),
        ("desk --port 99999", ["--port 应在 1 与 65535 之间"]),
        ("desk --port 0 --lang en", ["--port is between 1 and 65535"]),
        ("plan stauts", ["没有命令“stauts”", "您是否想写 status？"]),
        ("plan status --unit 县卫建局", ["没有单位“县卫建局”", "县卫健局", "菜园镇"]),
        ("plan status --unit nobody --lang en", ["there is no unit “nobody”", "县卫健局"]),
        ("plan status --lang fr", ["不支持语言 fr"]),
        ("months report --lang fr", ["不支持语言 fr"]),
        ("plan import forms/*.xlsx", ["*.xlsx", "没有文件符合这个写法"]),
    ],
)
def test_a_mistyped_line_is_answered(line, said, tmp_path, monkeypatch):
    """The answer names the mistake, what was meant or may be written, in the language asked for, and the code is 2."""
    monkeypatch.chdir(tmp_path)
    done = RUN.invoke(app, line.split())
    assert done.exit_code == 2
    assert all(part in done.stderr for part in said), done.stderr
    assert "–？" not in done.stderr
    assert "Error" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_help_and_version_are_asked_for_as_everywhere():
    """``-h`` is ``--help`` at every level, and ``--version`` says which one this is."""
    assert RUN.invoke(app, ["--version"]).stdout.strip() == f"circles {__version__}"
    for command in ([], ["run"], ["plan"], ["plan", "status"]):
        short, long = (RUN.invoke(app, [*command, sign]) for sign in ("-h", "--help"))
        assert short.exit_code == 0
        assert short.stdout == long.stdout
    assert "[required]" not in RUN.invoke(app, ["run", "-h"]).stdout
    assert "不写则用内置" not in RUN.invoke(app, ["network", "-h"]).stdout


def test_a_stage_says_which_step_it_is():
    """A stage among known steps is counted; another one only named."""
    steps = ("load", "reach", "coverage")
    assert step("coverage", "", steps, "zh") == "步骤 3/3 统计覆盖人口"
    assert step("load", "", steps, "en").startswith("step 1/3 ")
    assert step("map", "2/7", steps, "zh") == "画地图 2/7"


def test_caches_are_listed_and_removed_and_nothing_else(tmp_path, monkeypatch):
    """`circles caches --remove` deletes downloaded tiles and compiled loops, and leaves what is no cache of ours."""
    folder = tmp_path / "cache" / "circles" / "osm"
    folder.mkdir(parents=True)
    for name in ("tile-1.osm", "place-2.geojson", "notes.txt"):
        (folder / name).write_text("x", encoding="utf-8")
    name = "XDG_CACHE_HOME" if sys.platform != "win32" else "LOCALAPPDATA"
    monkeypatch.setenv(name, str(tmp_path / "cache"))
    monkeypatch.setattr("circles.cli.caches._compiled", lambda: iter([]))  # those of this machine stay
    listed = CliRunner().invoke(app, ["caches", "--lang", "en"])
    assert (listed.exit_code, "2" in listed.stdout, (folder / "tile-1.osm").exists()) == (0, True, True)
    assert CliRunner().invoke(app, ["caches", "--remove"]).exit_code == 0
    assert [file.name for file in folder.iterdir()] == ["notes.txt"]


def every_command(command, path=()):
    """Yield the words that lead to each command that is listed."""
    yield path
    for name, sub in getattr(command, "commands", {}).items():
        if not sub.hidden:
            yield from every_command(sub, (*path, name))


@pytest.mark.parametrize("path", list(every_command(get_command(app))), ids=" ".join)
def test_help_stands_in_one_language_and_is_not_cut(path):
    """Help of every command is Chinese with a Chinese frame, or English throughout, and its list holds whole sentences."""
    chinese = RUN.invoke(app, [*path, "-h"]).stdout
    assert chinese.startswith("用法：")
    framed = re.search(r"Usage|Options|env var|default:|required|<(?:int|float|str|text|path)|\bPath\b", chinese)
    assert not framed, chinese
    assert "..." not in chinese.partition("\n")[2], chinese
    if path == ("plan", "schema"):
        return  # it prints a schema: there is no language to ask for
    english = RUN.invoke(app, [*path, "--lang", "en", "-h"]).stdout
    assert english.startswith("Usage: ")
    assert not re.search(r"[\u3400-\u9fff]", english), english
    assert "..." not in english.partition("\n")[2], english
