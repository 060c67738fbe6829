"""Files that people write, broken in structure: whatever stands in them, the answer is findings and nothing else."""

from __future__ import annotations

import contextlib
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circles.analysis.scenario import load_scenario
from circles.area import embedded_area, load_area
from circles.batch.regions import load_regions
from circles.foundation import cpu, toml
from circles.foundation.dates import as_date
from circles.foundation.errors import CirclesError
from circles.foundation.nearest_word import near
from circles.inputs.readers import cells, degrees
from circles.inputs.register.reading import load_mapping
from circles.plan.reading import load_plan, shipped_plan

SCENARIO = """[scenario]
id = "s"
name = "方案"
[[add]]
id = "new-1"
name = "新助餐点"
category = "meals"
lon = 122.45
lat = 30.72
capacity = 40
[[resize]]
id = "f001"
capacity = 12
[[remove]]
id = "f002"
"""
MAPPING = """[register]
name = "名册"
sheet = "一"
crs = "gcj02"
[columns]
name = "机构名称"
[values.category]
"托育" = "childcare"
[defaults]
status = "existing"
[skip]
category = ["其他", "停办"]
"""
REGIONS = """[batch]
name = "批"
[[regions]]
code = "a"
area = "area.toml"
[[regions]]
code = "b"
area = "area.toml"
"""
SURFACES = {
    "area": (lambda: embedded_area("shengsi").read_text("utf-8"), load_area),
    "plan": (lambda: shipped_plan().read_text("utf-8"), load_plan),
    "scenario": (lambda: SCENARIO, lambda file: load_scenario(file, load_area())),
    "mapping": (lambda: MAPPING, load_mapping),
    "regions": (lambda: REGIONS, load_regions),
}
VALUES = [
    '""', '"\\u0000"', '"a\\u001b[31mb"', "-1", "0", "1e999", "-inf", "nan", "9" * 5000, "-" + "9" * 30, "2**3", "true", "1979-05-27",
    "1979-05-27T07:32:00Z", "07:32:00", "[]", "{}", "[[[[[[1]]]]]]", "[" * 60 + "]" * 60, "[" * 20_000, '{a = {b = {c = "d"}}}',
    '"' + "长" * 5000 + '"', '"' + "a/" * 2500 + '"', '"../../../../etc/passwd"', '"C:\\\\x"', '"http://x/y"', '"/vsicurl/x"', '"con"',
    '"{value}"', '"{0.__class__}"', '"%s%n"', "'''\n多行\n'''", '"\\U0010FFFF"', '["a", 1, true]', "0x7fffffffffffffff", "1_000",
    '"EPSG:999999"', '"+proj=pipeline"', '"="', '"\u202e"', "[{}]", '[{id = "x"}, {id = "x"}]', '"a.toml"', '"."', '""""""', "'",
]  # fmt: skip
KEYS = [
    "x",
    '"\\u0000"',
    '""',
    "a.b.c",
    ".".join(["a"] * 3000),
    '"' + "k" * 3000 + '"',
    "id",
    "data",
    "__class__",
    "area",
    "'a b'",
]
LINES = ["[x]", "[[x]]", "[data]", "[[rules]]", "[a.b.c]", "[" + ".".join(["a"] * 5000) + "]", "=", "]", '"""', "\x00", "\ufeff", "#" * 9000, "[[data]]", "[walk.profiles.x]"]  # fmt: skip


def _broken(text: str, dice: random.Random) -> bytes:
    """The file with one to four lines changed: another value, another key, a line more, less, or twice; or bytes."""
    lines = text.splitlines()
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines))
        key, mark, value = lines[at].partition("=")
        kind = dice.randrange(7)
        if kind <= 2 and mark:
            lines[at] = f"{key}= {dice.choice(VALUES)}"
        elif kind == 3 and mark:
            lines[at] = f"{dice.choice(KEYS)} ={value}"
        elif kind == 4:
            lines.insert(at, dice.choice([*LINES, f"{dice.choice(KEYS)} = {dice.choice(VALUES)}"]))
        elif kind == 5:
            lines.insert(at, lines[dice.randrange(len(lines))])
        elif len(lines) > 1:
            del lines[at]
    raw = bytearray("\n".join(lines).encode("utf-8", "surrogatepass"))
    if raw and dice.random() < 0.1:
        raw[dice.randrange(len(raw))] = dice.randrange(256)
    if dice.random() < 0.05:
        raw = raw[: dice.randrange(len(raw) + 1)]
    return bytes(raw)


def _try(name: str, folder: Path, seed: int) -> None:
    make, load = SURFACES[name]
    file = folder / "area.toml" if name == "regions" else folder / f"{name}.toml"
    dice = random.Random(seed)
    if name == "regions":
        file.write_bytes(embedded_area("shengsi").read_bytes())
        file = folder / "regions.toml"
    file.write_bytes(_broken(make(), dice))
    try:
        load(file)
    except CirclesError as e:
        for lang in ("zh", "en"):
            told = e.render(lang)
            assert told.strip()
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", told), seed


@pytest.mark.parametrize("name", SURFACES)
def test_broken_files_end_in_findings(name, tmp_path):
    """Twenty-five broken files of each kind raise findings, in both languages and without control characters, or load."""
    for seed in range(25):
        _try(name, tmp_path, seed)


@pytest.mark.long
@pytest.mark.parametrize("name", SURFACES)
def test_two_thousand_broken_files_end_in_findings(name, tmp_path):
    """Two thousand broken files of each kind raise findings, or load."""
    for seed in range(100, 2100):
        _try(name, tmp_path, seed)


@given(value=st.text(max_size=60).filter(lambda text: "\0" not in text))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_number_of_cores_may_be_any_text(monkeypatch, value):
    """Whatever the environment says of cores, some number from one to those there are is used."""
    try:
        monkeypatch.setenv("CIRCLES_CORES", value)
    except (UnicodeEncodeError, ValueError):
        return
    assert cpu.usable_cores() >= 1


def test_a_number_of_cores_of_any_length_is_read(monkeypatch):
    """Thousands of digits, or digits of other scripts, are no defect."""
    for value in ("9" * 6000, "٣", "²", "0", "-1", "1e3"):
        monkeypatch.setenv("CIRCLES_CORES", value)
        assert cpu.usable_cores() >= 1


# --- growth ----------------------------------------------------------------------------------------------------------

HARD = {
    "spaces": lambda n: "1" + " " * n + "x", "ones": lambda n: "1 1" + " " * n + "x", "brackets": lambda n: "(" * n,
    "pairs": lambda n: "()" * (n // 2) + "(" * (n // 2), "digits": lambda n: "1" * n + "x", "commas": lambda n: "1,234" + ",123" * n + "x",
    "degrees": lambda n: "122°" + "1" * n, "letters": lambda n: "a" * n, "dots": lambda n: "1." * n, "years": lambda n: "2024-05-01 " + "1" * n,
    "full width": lambda n: "１" * n, "colons": lambda n: ":" * n + "a",
}  # fmt: skip
PARSERS = {
    "number": cells.number, "sexagesimal": degrees.sexagesimal, "header": cells.header, "plain": cells.plain, "date": as_date,
    "near": lambda text: near(text, ["childcare", "meals"]),
    "toml key": lambda text: _toml(f'{text.strip() or "a"} = 1\n'),
    "toml text": lambda text: _toml(f"a = '{text}'\n"),
}  # fmt: skip


def _toml(text: str) -> None:
    with contextlib.suppress(toml.BrokenTomlError):
        toml.loads(text.encode())


def _seconds(parse, text: str) -> float:
    times = []
    for _ in range(3):
        started = time.process_time()
        parse(text)
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("text", HARD)
def test_time_grows_with_the_length_of_a_text_and_no_faster(parser, text):
    """Four times the text takes at most some eight times as long, for every text that is hard to parse."""
    parse, make = PARSERS[parser], HARD[text]
    one, two, four = (_seconds(parse, make(n)) for n in (25_000, 50_000, 100_000))
    # growth, not speed: a parser that goes back over its text takes sixteen times as long, or hours
    assert four < 8 * max(one, 0.02) or two < 4 * max(one, 0.02)


def test_time_grows_with_the_number_of_entries_and_no_faster(tmp_path):
    """Categories and rules by the thousand, each wrong, take time in proportion to their number."""
    head = '[area]\nid = "a"\nname = "n"\ncrs = "EPSG:4550"\nas_of = 2024-12-31\n[data]\nnetwork = "x.gpkg"\nfacilities = "f.csv"\n'
    seconds = []
    for count in (1000, 4000):
        many = "".join(f'[[categories]]\nid = "c{i}"\nname = "n"\nprofile = "adult"\n' for i in range(count))
        rules = "".join(
            f'[[rules]]\nid = "r{i}"\ncategory = "d{i}"\nmeasure = "facility_count"\nthreshold = 1\nsource = "s"\nstatus = "assumed"\n'
            for i in range(count)
        )
        (tmp_path / "area.toml").write_text(head + many + rules, encoding="utf-8")
        started = time.process_time()
        with pytest.raises(CirclesError):
            load_area(tmp_path / "area.toml")
        seconds.append(time.process_time() - started)
    assert seconds[1] < 8 * seconds[0]
