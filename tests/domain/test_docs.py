"""The examples in docs/domain.md are true."""

import re
from pathlib import Path

import pytest

from tests.domain.cases import assigned, away, completed, days, employed, exempt, extended, required, rule, story
from tracker.domain.requirement import AudienceLine
from tracker.domain.validity import UntilDayOfYear

DOCUMENT = (Path(__file__).parents[2] / "docs" / "domain.md").read_text()
EXAMPLES = re.findall(r"^```example\n(.*?)\n```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
DATES = r"\d{4}-\d\d-\d\d"


def fact(line):
    word, *dates = [line.split()[0], *re.findall(DATES, line)]
    kinds = {
        "employed": employed,
        "away": away,
        "exempt": exempt,
        "completed": completed,
        "extended": extended,
        "assigned": assigned,
    }
    return kinds[word](*dates)


def version(number, line):
    """A rule as an example tells it: `rule  from 2026-06-01, first due 10`."""
    fields = {}
    for words in filter(None, line.removeprefix("rule").strip().split(", ")):
        *name, value = words.split()
        match " ".join(name):
            case "from":
                fields["effective_from"] = value
            case "grace":
                fields["grace_days"] = int(value)
            case "first due":
                fields["first_due_days"] = int(value)
            case "for unit":
                fields["lines"] = (AudienceLine(1, units={int(value): (days("2000-01-01"),)}),)
            case "until":
                month, day = value.split("-")
                fields["validity"] = UntilDayOfYear(int(month), int(day))
            case _:
                raise ValueError(words)
    return rule(id=number, **fields)


def told(line):
    """A phase as an example tells it, in the words of `story`."""
    days_told, rest = line[:25], line[25:]
    starts_on, *ends_on = re.findall(DATES, days_told)
    return " ".join([f"{starts_on}..{ends_on[0] if ends_on else ''}", *rest.split()])


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_example(example):
    given, gives = example.split("\ngives\n")
    lines = given.splitlines()
    facts = [fact(line) for line in lines if not line.startswith("rule")]
    rules = [line for line in lines if line.startswith("rule")] or ["rule"]
    versions = [version(number, line) for number, line in enumerate(rules, 1)]
    assert story(*facts, by=required(*versions)) == [told(line) for line in gives.splitlines()]


def test_there_are_examples():
    assert len(EXAMPLES) >= 10
