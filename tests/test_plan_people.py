"""Who answers for what: the plan's ``[[roles]]`` written by a command, all else in the file as it was."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from circles.cli.app import app
from circles.plan.indicators import Role
from circles.plan.people import with_role, without_role
from circles.plan.reading import load_plan, shipped_plan

RUN = CliRunner()
WHO = Role(person='张"三\\', unit="县医保局", role="head")


def test_a_role_is_added_and_taken_away_without_touching_the_rest():
    """What was there stays byte for byte, comments and roles elsewhere in the file too; adding twice changes nothing; taking away restores it."""
    text = shipped_plan().read_text(encoding="utf-8")
    more = with_role(text, WHO)
    assert more.startswith(text)
    assert with_role(more, WHO) == more
    assert without_role(more, WHO) == text
    own = '# 头\na = 1\n[[roles]]\nperson = "李"  # 注\nunit = "x"\nrole = "head"\n\n[[units]]\nname = "x"\n'
    both = with_role(own, WHO)
    assert "# 注" in both
    assert without_role(both, WHO).split() == own.split()
    assert without_role(own, WHO) == own


def test_the_command_makes_the_file_and_refuses_what_is_none(tmp_path, monkeypatch):
    """The first person makes plan.toml out of the shipped plan; an unknown unit and an empty name end with 2 and write nothing."""
    monkeypatch.chdir(tmp_path)
    for wrong in (["张三", "--unit", "某局", "--role", "head"], [" ", "--unit", "县医保局", "--role", "head"]):
        done = RUN.invoke(app, ["plan", "person", *wrong])
        assert done.exit_code == 2
        assert not list(tmp_path.iterdir())
    assert RUN.invoke(app, ["plan", "person", "张三", "--unit", "县医保局", "--role", "reporter"]).exit_code == 0
    assert RUN.invoke(app, ["plan", "person", "李四", "--unit", "县医保局", "--role", "head"]).exit_code == 0
    assert (
        RUN.invoke(app, ["plan", "person", "张三", "--unit", "县医保局", "--role", "reporter", "--leave"]).exit_code
        == 0
    )
    assert [item.person for item in load_plan("plan.toml").roles] == ["李四"]
    assert (
        RUN.invoke(app, ["plan", "person", "王五", "--unit", "县医保局", "--role", "head", "--plan", "."]).exit_code
        == 2
    )


@pytest.mark.parametrize("name", ["x" * 61, "a\nb"])
def test_a_name_that_is_none_is_refused(tmp_path, monkeypatch, name):
    """A name of more than 60 signs or with a line break is not written."""
    monkeypatch.chdir(tmp_path)
    assert RUN.invoke(app, ["plan", "person", name, "--unit", "县医保局", "--role", "head"]).exit_code == 2
    assert not list(tmp_path.iterdir())
