"""填报 → 审核 → 审定: who may take which step, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from circles.foundation.errors import PlanError
from circles.plan.chain import Draft, Status, Topic
from circles.plan.indicators import Plan, Role
from circles.plan.pending import hold
from circles.plan.reading import load_plan
from circles.plan.review import accepted_rows, reviews, take

DAY = dt.date(2024, 6, 3)
UNIT, OTHER, OFFICE = "县医保局", "县总工会", "县公共服务七优享工程工作专班办公室"
ROLES = (
    ("报", UNIT, "reporter"), ("审", UNIT, "head"), ("兼", UNIT, "reporter"), ("兼", UNIT, "head"), ("外报", OTHER, "reporter"),
    ("外审", OTHER, "head"), ("办甲", OFFICE, "office"), ("办乙", OFFICE, "office"), ("办甲", OFFICE, "reporter"), ("办丙", OFFICE, "head"),
    ("办丙", OFFICE, "office"), ("兼", OFFICE, "office"),
)  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    """The shipped plan with a table of roles."""
    data = load_plan()
    return data.model_copy(update={"roles": tuple(Role(person=a, unit=b, role=c) for a, b, c in ROLES)})


def report(book, plan: Plan, unit=UNIT, period="2024-05"):
    """Report every figure of a unit for a period."""
    drafts = [
        Draft(item.id, period, DAY, Decimal(1), item.unit, plan=plan.plan.id)
        for item in plan.reported_by(unit)
        if item.report == "month"
    ]
    book.append(drafts)
    return drafts


def walk(book, plan, *steps, unit=UNIT):
    """Take steps given as ``action person``."""
    for text in steps:
        action, person = text.split()
        found = take(book, plan, action, unit=unit, period="2024-05", by=person, reported_on=DAY, reason="口径不符")
    return found


def test_a_figure_is_submitted_checked_and_accepted_by_different_people(book, plan):
    """Each step is a row of the same chain; what was accepted is known by its rows; a later correction is not accepted."""
    drafts = report(book, plan)
    assert walk(book, plan, "submit 报", "return 审", "submit 报", "check 审", "accept 办甲").step == "accepted"
    rows = book.entries()
    accepted = accepted_rows(rows, day=DAY)
    assert accepted == {row.seq for row in rows if row.topic == Topic.OBSERVATION}
    correction = Draft(
        drafts[0].subject, "2024-05", DAY, Decimal(2), status=Status.CORRECTED, reason="错报", plan=plan.plan.id
    )
    assert book.append([correction])[0].seq not in accepted_rows(book.entries(), day=DAY)
    assert walk(book, plan, "submit 报", "check 审", "accept 办乙").step == "accepted"
    assert len(accepted_rows(book.entries(), day=DAY)) == len(drafts) + 1
    assert [row.reporter for row in book.entries(topic=Topic.REVIEW)][-3:] == ["报", "审", "办乙"]
    assert reviews(book.entries())[UNIT, "2024-05"].step == "accepted"
    assert book.verify() == []


def test_a_unit_that_submits_too_early_reads_which_missing_figures_are_kept(book, plan):
    """Of the figures that are missing, those kept from a form that was sent back are named, all of them."""
    first, second, *rest = report(book, plan)
    book.append([Draft(item.subject, "2024-04", DAY, item.value, item.unit, plan=plan.plan.id) for item in rest])
    kept = [
        Draft(item.subject, "2024-04", DAY, item.value, item.unit, plan=plan.plan.id, topic=Topic.DRAFT)
        for item in (first, second)
    ]
    hold(book, kept)
    with pytest.raises(PlanError) as caught:
        take(book, plan, "submit", unit=UNIT, period="2024-04", by="报", reported_on=DAY)
    found = {item.code: item for item in caught.value.findings}
    assert set(found) == {"review-incomplete", "review-kept"}
    assert {first.subject, second.subject} == set(found["review-kept"].message("zh").rpartition("：")[2].split("、"))


VIOLATIONS = {
    "nobody submits": ([], "submit", "", "role-nobody"),
    "a stranger submits": ([], "submit", "谁", "role-unknown"),
    "another unit submits": ([], "submit", "外报", "role-other-unit"),
    "the head submits": ([], "submit", "审", "role-not-reporter"),
    "the office submits for a unit": ([], "submit", "办甲", "role-other-unit"),
    "the submitter checks": (["submit 兼"], "check", "兼", "role-same-person"),
    "a reporter checks": (["submit 兼"], "check", "报", "role-not-head"),
    "another unit's head checks": (["submit 报"], "check", "外审", "role-other-unit"),
    "a stranger checks": (["submit 报"], "check", "谁", "role-unknown"),
    "the office checks for a unit": (["submit 报"], "check", "办甲", "role-other-unit"),
    "checked before it is submitted": ([], "check", "审", "review-state"),
    "checked twice": (["submit 报", "check 审"], "check", "兼", "review-state"),
    "accepted before it is checked": (["submit 报"], "accept", "办甲", "review-state"),
    "the head accepts": (["submit 报", "check 审"], "accept", "审", "role-not-office"),
    "the checker accepts with an office role": (["submit 报", "check 兼"], "accept", "兼", "role-same-person"),
    "a stranger accepts": (["submit 报", "check 审"], "accept", "谁", "role-unknown"),
    "accepted twice": (["submit 报", "check 审", "accept 办甲"], "accept", "办乙", "review-state"),
    "the reporter returns": (["submit 报"], "return", "报", "role-not-office"),
    "another unit's head returns": (["submit 报"], "return", "外审", "role-not-office"),
    "returned after it was accepted": (["submit 报", "check 审", "accept 办甲"], "return", "办甲", "review-state"),
    "returned without a reason": (["submit 报"], "return", "审", "review-no-reason"),
    "submitted twice unchanged": (["submit 报"], "submit", "兼", "review-state"),
}


@pytest.mark.parametrize("location", ["sqlite", "postgresql"], indirect=True)
def test_every_violation_of_the_roles_is_refused(book, plan):
    """22 violations, each refused with its own finding, and nothing of them in the ledger."""
    report(book, plan)
    report(book, plan, period="2024-04")  # of which nothing is ever submitted
    for name, (before, action, person, code) in VIOLATIONS.items():
        if before:
            redo = Draft(
                plan.reported_by(UNIT)[0].id, "2024-05", DAY, Decimal(len(name)), status=Status.CORRECTED, reason="x"
            )
            book.append([redo])
            walk(book, plan, *before)
        head = book.head()
        reason = "" if code == "review-no-reason" else "口径不符"
        with pytest.raises(PlanError) as caught:
            take(
                book,
                plan,
                action,
                unit=UNIT,
                period="2024-05" if before else "2024-04",
                by=person,
                reported_on=DAY,
                reason=reason,
            )
        assert code in {item.code for item in caught.value.findings}, name
        assert caught.value.render("zh")
        assert book.head() == head, name


def test_incomplete_and_changed_figures_are_not_passed_on(book, plan):
    """A form that lacks a figure is not submitted; what changed after it was submitted is not checked; the office's own
    figures need its second person.
    """
    with pytest.raises(PlanError, match="review-incomplete"):
        walk(book, plan, "submit 报")
    report(book, plan)
    walk(book, plan, "submit 报")
    name = plan.reported_by(UNIT)[0].id
    book.append([Draft(name, "2024-05", DAY, Decimal(3), status=Status.CORRECTED, reason="错报")])
    with pytest.raises(PlanError, match="review-changed"):
        walk(book, plan, "check 审")
    report(book, plan, OFFICE)
    walk(book, plan, "submit 办甲", "check 办丙", unit=OFFICE)
    for person in ("办甲", "办丙"):
        with pytest.raises(PlanError, match="role-same-person"):
            walk(book, plan, f"accept {person}", unit=OFFICE)
    assert walk(book, plan, "accept 办乙", unit=OFFICE).step == "accepted"
