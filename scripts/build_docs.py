"""Write the reference pages that follow from the code: ``docs/area.md``, ``docs/tables.md``, ``docs/findings.md``.

``python scripts/build_docs.py`` writes them, and the output of ``circles run`` that the READMEs show; tests compare what
is committed with what this makes.
"""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
import tempfile
import tomllib
import types
from collections.abc import Iterator
from enum import EnumMeta
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from circles import area
from circles.foundation import errors, words
from circles.foundation.schema import tables

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
READMES = ("README.md", "README.zh-CN.md")
SHOWN = re.compile(r"(?<=```console\n\$ circles run\n).*?(?=```)", re.DOTALL)
BY_HAND = "<!-- Made by scripts/build_docs.py from the code; `make docs` makes it anew. 由程序生成，请勿手改 -->\n"
SECTIONS: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("[area]", area.AreaSection, "这个地方是什么 · what the area is"),
    ("[data]", area.DataFiles, "输入文件，路径从区域文件所在文件夹算起 · the inputs, relative to this file"),
    ("[walk]", area.Walk, "走多久、怎样接上街道 · how far one walks, how places are snapped to streets"),
    ("[walk.profiles.<id>]", area.Profile, "一个步行者，见 [walkers.md](walkers.md) · a walker"),
    ("[[categories]]", area.Category, "一类服务；不写则用内置四类 · a kind of service; the four built-in ones if none"),
    ("[[rules]]", area.Rule, '一条达标标准；也可写 `rules = "rules.toml"` · one threshold; or a file of its own'),
    ("at_least = [{ … }]", area.Kinds, "几处什么场所 · so many places of which kinds"),
    ("within = { … }", area.Within, "按距离而不按时间 · a distance in place of minutes"),
    ("exempt = { … }", area.Exempt, "不适用 · to whom the rule does not apply"),
    (
        "[hours]",
        area.HoursWords,
        "开放时间里没有写日期或时刻的词，见 [time.md](time.md) · words without numbers in opening hours",
    ),
    ("[[moments]]", area.Moment, "居民出门的一个时刻，见 [time.md](time.md) · a time at which people leave"),
    ("[[journeys]]", area.Journey, "坐船去哪里，见 [time.md](time.md) · where people go on foot and by boat"),
    ("[[populations]]", area.PopulationOf, "各种人口，见 [time.md](time.md) · several populations"),
    ("[sure]", area.Sure, "各种不确定，见 [verdicts.md](verdicts.md) · what is doubtful, drawn together by `--sure`"),
    ("speed · people = { … }", area.Factor, "有上下限的系数 · a factor with bounds"),
    ("snap_m = { … }", area.Distance, "有上下限的距离 · a distance with bounds"),
    ("[sure.positions]", area.SurePositions, "设施位置 · where facilities stand"),
    ("[sure.paths]", area.SurePaths, "道路是否存在 · which lines exist"),
    ("[sure.heights]", area.SureHeights, "高程误差 · errors of elevations"),
    ("[sure.hours]", area.SureHours, "开放时间未知的设施 · places of unknown hours"),
    ("to = { … }", area.Goal, "四种写法选一 · exactly one of them"),
    ('{ gtfs = "…" }', area.Feed, "GTFS 时刻表：压缩包或文件夹 · a timetable as GTFS, zip or folder"),
    ("[map]", area.MapOptions, "地图上另外显示什么 · what the map shows besides"),
    ('{ file = "…" }', area.PlacesFile, "一张表，连同从表里看不出来的 · a table with what cannot be read off it"),
    ('{ file = "…", layer = "…" }', area.LayerFile, "GeoPackage 里的一个图层 · one layer of a GeoPackage"),
    ('{ osm = "…" }', area.OsmFile, "OpenStreetMap 文件，见 [osm.md](osm.md) · an extract on disk"),
    ('{ osm_place = "…" }', area.OsmPlace, "从 OpenStreetMap 下载 · a download"),
    ("{ streets = 50 }", area.StreetPoints, "没有人口表时：每隔这么多米一个点 · one point each so many metres"),
    (
        "{ villages = 25 }",
        area.VillagePeople,
        "村表里的人口分到附近的街道上，见 [inputs.md](inputs.md) · villages' people spread along streets",
    ),
)
MEANING = {
    "AreaSection.id": "编号，用于文件夹名 · id, names the output folder",
    "AreaSection.name": "名称，印在成果上 · name, printed on outputs",
    "AreaSection.time_zone": "时区（IANA 名） · IANA name of the time zone",
    "AreaSection.issuer": "编制单位，印在简报和工作簿上；不写则留空待填 · who prepared the documents; a line to fill in where left out",
    "AreaSection.issued_on": "成文日期；不写则留空待填 · date of issue; a line to fill in where left out",
    "AreaSection.crs": "以米为单位的投影坐标系，一切在其中量 · metric CRS in which everything is measured",
    "AreaSection.as_of": "数据截止日期，印在成果上，从不取当前时间 · date printed on outputs, never the clock",
    "AreaSection.demonstration": "演示数据：每页注明，判定不作结论 · marks every page and verdict as a demonstration",
    "DataFiles.network": "步行路网：.gpkg .geojson .parquet .graphml .osm .osm.gz .osm.pbf，或下载 · walking network",
    "DataFiles.facilities": "设施表，一个或多个：.csv .xlsx .gpkg .geojson .shp .parquet · facilities, one or several",
    "DataFiles.land": "岛屿面；不写则视为一个岛 · island polygons; one island everywhere if left out",
    "DataFiles.townships": "乡镇面，列 code、name、class · township polygons",
    "DataFiles.villages": "村表，列 code、name、经纬度 · villages",
    "DataFiles.residents": "居民点表、人口栅格 .tif、村人口分到街道，或街道上的点 · points, a raster, villages' people spread, or points along streets",
    "DataFiles.neighbours": "四周的乡镇面：其中的街道与设施可以走到，但不参与判定 · townships around: walked to, never judged",
    "DataFiles.totals": "乡镇人口总数表：居民按乡镇缩放到这些数 · townships' totals that residents are scaled to",
    "DataFiles.values": "我们的列名 = {文件里的词 = 我们的词}，对每张表有效；写 '' 的，设施表里这些行不用 · our column = {the file's word = ours}, for every table; '' leaves its rows of facilities out",
    "DataFiles.residential_land": "居住用地面（或住宅楼面），可有 floors 列 · polygons of residential land or dwellings, optional column floors",
    "DataFiles.entrances": "设施的门：表格，或 OSM 建筑上的出入口；从最近的门进入 · doors; a place is entered at its nearest door",
    "AreaSection.terrain_source": "高程的来历：实测、模拟、模拟并按 SRTM 均值约束，或自写来源 · what the heights are; said wherever they are named",
    "DataFiles.terrain": "高程：GeoTIFF 或 SRTM .hgt，可多幅 · elevations, one or several tiles",
    "DataFiles.boats": "船班时刻表：表格，或 GTFS 压缩包、文件夹 · timetables: tables, or GTFS",
    "DataFiles.piers": "码头表；不写用 boats 旁边的 piers.csv · piers; piers.csv beside boats if left out",
    "DataFiles.no_sailing": "停航：from,to,probability · days without boats",
    "Walk.limit_min": "时限，分钟 · limit, minutes",
    "Walk.snap_max_m": "离街道最远多少米还能接上 · longest leg to a street, metres",
    "Walk.fragment_max_m": "短于此的断开街段给地点第二段接入路，0 = 不用 · smaller cut-off pieces of street give a place a second leg, 0 = none",
    "Walk.direction": "走向设施，还是从设施出发 · towards the facility or from it",
    "Walk.breaks_min": "地图和对照表另算的时限 · further limits for the map and the variants",
    "Walk.cross_squares": "广场（area=yes）横穿而不是沿边线走 · squares are walked across, not along their outline",
    "Walk.boarding_min": "开船前至少几分钟到码头 · least minutes at a pier before a boat leaves",
    "Walk.profiles": "步行者，见下 · walkers, below",
    "Profile.speed_m_per_s": "平地速度，米/秒 · speed on the flat",
    "Profile.steps_m_per_s": "台阶上的水平速度，0 = 走不了 · horizontal speed on steps, 0 = cannot use them",
    "Profile.uses_slope": "坡是否影响速度 · whether slopes matter",
    "Category.id": "编号 · id",
    "Category.name": "名称 · name",
    "Category.heading": "表头用的名称；不写则用 name · what heads a column; the name where left out",
    "Category.aliases": "文件中可用的其他名称 · other names by which files may call this kind",
    "Category.profile": "谁来走 · who walks there",
    "Category.osm_tags": "OpenStreetMap 里哪些标签算这一类 · which tags make a place one of these",
    "Category.capacity_unit": "能力的单位 · unit of capacity",
    "Category.audience": "服务对象：elder 老年人、child 婴幼儿；同一场所兼有即“一老一小” · for whom: one building with both is 一老一小",
    "Category.lead": "牵头单位：这一类有缺项时由谁负责 · who answers for what is missing of this kind",
    "Category.stay_min": "停留分钟数：按时刻计算时，须在关门前这么久到达 · at a moment: arrive this long before closing",
    "Rule.id": "编号 · id",
    "Rule.category": "一类服务；与 categories、at_least 只写一项 · one kind, or else `categories` or `at_least`",
    "Rule.categories": "几类都要到达 · all of these must be reached",
    "Rule.applies_to": "适用于镇、乡，或全部 · to which class of township",
    "Rule.at_least": "各类至少几处不同的场所：{ hall = 1, space = 2 }，或 [{ of = […], places = 2 }] · so many distinct places of each kind",
    "Rule.kinds_at_least": "categories 里至少几类；不写即全部 · how many of `categories`, all if left out",
    "Rule.one_site": "要在同一处（site_id）· in one building (`site_id`)",
    "Rule.within": "按距离：{ radius_m = 1000 } 直线，或 { network_m = 1000 } 沿路；不写按 limit_min · by distance, straight or along streets",
    "Rule.origins": "从哪里起算：居民点，或村（社区）的点 · from where people live, or from the village's point",
    "Rule.targets": "分年度的门槛，当年 12 月 31 日到期：{ 2025 = 4.5, 2027 = 5.5 }；与 threshold 只写一个 · thresholds by year",
    "Rule.by_class": '某一类乡镇的另外写法：{ rural = { profile = "cyclist" } } · what differs for a class of townships',
    "Rule.exempt": '谁不评：{ population_below = 50, of = "township"|"island", codes = […] } · who is exempt',
    "Rule.measure": "量什么，见 [verdicts.md](verdicts.md) · what is measured",
    "Rule.group": "哪些人：居民表的一列 · which people: a column of residents",
    "Rule.threshold": "门槛，比例写 0–1 · threshold, shares as 0–1",
    "Rule.limit_min": "本条的时限；不写用 [walk] 的 · own limit, else that of [walk]",
    "Rule.profile": "本条的步行者；不写用类别的 · own walker, else the category's",
    "Rule.percentile": "nearest_minutes：多少 % 的人在门槛内 · nearest_minutes: per cent of people within",
    "Rule.village_min_share": "village_share：村里多大比例的人到达才算 · share of its people that makes a village count",
    "Rule.due": "缺项的建议期限；交办后才有约束力 · proposed deadline of what is missing; binds only after 交办",
    "Rule.when": "时刻：[[moments]] 的 id 或 2024-05-15T11:30；此时出门 · a moment's id or a time: people leave then",
    "HoursWords.summer": "夏季，“月-日/月-日” · summer, month-day/month-day",
    "HoursWords.winter": "冬季 · winter",
    "HoursWords.spring": "春季 · spring",
    "HoursWords.autumn": "秋季 · autumn",
    "HoursWords.peak": "旺季 · high season",
    "HoursWords.low": "淡季 · low season",
    "HoursWords.morning": "上午，“时:分-时:分” · the morning session",
    "HoursWords.afternoon": "下午 · the afternoon session",
    "Moment.id": "编号，coverage_by_time.csv 里的 moment · id, the column `moment`",
    "Moment.name": "名称 · name",
    "Moment.at": "当地时刻，如 2024-05-15T11:30；也可带时差 · local time, or with an offset",
    "Sure.seed": "随机数种子；同一种子结果逐字节相同 · seed; the same one gives the same bytes",
    "Sure.high": "可信度“高”的下限 · lower bound of the word 高",
    "Sure.fair": "可信度“较高”的下限，再低为“待核实” · lower bound of 较高; 待核实 below",
    "Sure.leave_out": "不抽样的来源 · sources that are not drawn",
    "Sure.speed": "步速系数，每次抽样所有人同快同慢 · factor on walking speeds, one for all walkers of a run",
    "Sure.speeds": "某个步行者自己的系数，分位相同 · a walker's own factor, at the same quantile",
    "Sure.snap_m": "接入道路的最远距离，不写则为 snap_max_m 的一半到一倍半 · longest leg; half to one and a half of snap_max_m",
    "Sure.positions": "见下 · below",
    "Sure.people": "各村人数的系数；乡镇合计不变 · factor on each village's people; townships keep their sums",
    "Sure.people_of": "某村自己的系数，按村编码 · a village's own factor, by its code",
    "Sure.paths": "见下 · below",
    "Sure.heights": "见下 · below",
    "Sure.hours": "见下 · below",
    **{
        f"{name}.{key}": text
        for name in ("Factor", "Distance")
        for key, text in {
            "distribution": "分布：均匀、三角、正态 · uniform, triangular or normal",
            "least": "最小，必填 · the least, required",
            "most": "最大，必填 · the most, required",
            "middle": "众数（三角）或均值（正态），不写取正中 · mode or mean; halfway if left out",
            "sd": "正态分布的标准差 · standard deviation of a normal one",
            "source": "出处 · where it comes from",
        }.items()
    },
    "SurePositions.accuracy_m": "表中没有写精度时，按 position 的词取（米） · metres by the word in `position`, where the table has none",
    "SurePositions.source": "出处 · where it comes from",
    "SurePaths.present": "按 confidence（没有则 source）的词：这样的线存在的概率 · probability that such a line exists",
    "SurePaths.near_misses_joined": "几乎相接、交叉而无节点处其实相通的概率 · probability that near misses are junctions",
    "SurePaths.source": "出处 · where it comes from",
    "SureHeights.sd_m": "高程误差的标准差（米） · standard deviation of the error",
    "SureHeights.correlation_m": "误差相关的距离（米） · how far the error hangs together",
    "SureHeights.source": "出处 · where it comes from",
    "SureHours.unknown_open": "开放时间未知的设施整天开放的概率 · probability that such a place is open all day",
    "SureHours.source": "出处 · where it comes from",
    "PopulationOf.id": "编号 · id",
    "PopulationOf.name": "名称 · name",
    "PopulationOf.column": "居民表的一列人数 · a column of residents",
    "PopulationOf.factors": "系数表：village_code 或 township_code（ALL 为其余），factor · factors per village or township",
    "PopulationOf.raster": "另一份人口栅格 · another population raster",
    "Journey.id": "编号 · id",
    "Journey.name": "名称 · name",
    "Journey.to": "目的地 · where to",
    "Journey.leave": "几点出门；不写用 [[moments]] · when people leave; the moments if left out",
    "Journey.days": "哪些日子；不写用 [[moments]] 的日子，没有则 as_of · which days; those of the moments, else as_of",
    "Journey.profile": "步行者；不写用类别的，没有类别用 adult · walker; the category's, else adult",
    "Journey.stay_min": "办事要多少分钟，决定能否当天往返 · minutes one must stay, for the same-day return",
    "Journey.within_min": "boats_by_place.csv 的 within：多少分钟内到 · minutes for the column `within`",
    "Goal.category": "最近的一处某类设施 · the nearest place of a category",
    "Goal.facility": "一处设施 · one facility",
    "Goal.lon": "经度 · longitude",
    "Goal.lat": "纬度 · latitude",
    "Goal.pier": "一个码头 · a pier",
    "Feed.gtfs": "压缩包或文件夹 · zip or folder",
    "Feed.buses": "也要公交等其他车辆 · other vehicles too",
    "Rule.source": "出自哪份文件 · the document it comes from",
    "Rule.address": "文件的网址 · where the document can be read",
    "Rule.dated": "文件的日期 · the document's date",
    "Rule.confidence": "read 读到原文；secondary 他人转引 · read, or quoted by others",
    "Rule.status": "通过、征求意见、假定 · adopted, proposed or assumed",
    "Kinds.of": "哪些类别，任一均可 · any of these kinds",
    "Kinds.places": "合计至少几处不同的场所 · distinct places in all",
    "Within.radius_m": "直线半径，米；隔水也算，接不接得上街道都算 · straight, across water, snapped or not",
    "Within.network_m": "沿路距离，米，含两端接驳 · along the streets, both legs included",
    "Exempt.population_below": "人数少于此 · fewer people than this",
    "Exempt.of": "整个乡镇判“不适用”，或某岛的人不计 · the township is exempt, or an island's people are left out",
    "Exempt.codes": "乡镇编码，或岛名 · codes of townships, names of islands",
    "MapOptions.boundaries": "是否画乡镇界 · whether township boundaries are drawn",
    "MapOptions.review_number": "审图号；空则印“示意图，仅供内部工作使用” · map review number",
    "MapOptions.tianditu_key": "天地图密钥；空则无底图，不联网 · key of the national basemap; none, no network",
    "PlacesFile.file": "文件 · file",
    "PlacesFile.sheet": "工作表 · sheet",
    "PlacesFile.encoding": "编码；不写则自动判断 · encoding; found out if left out",
    "PlacesFile.crs": "wgs84、cgcs2000、gcj02、bd09 或 EPSG 代码 · or an EPSG code",
    "PlacesFile.columns": "我们的列名 = 文件里的列名 · our column = the file's own",
    "PlacesFile.groups": "居民、村、总数：这些列是人口分组，别的都不是 · these columns are groups of people, and no others",
    "PlacesFile.may_be_empty": "只有表头、没有行也不算错：没有人住 · a header without rows is no error: nobody lives there",
    "PlacesFile.are_points": "居民：沿街每若干米一点、权重 1，称“点”不称“人” · residents: points of weight 1 along streets, no people",
    "LayerFile.file": "文件 · file",
    "LayerFile.layer": "图层；只有一个时可不写 · layer; the only one where left out",
    "LayerFile.crs": "文件自己不带坐标系时（如 .dxf 图纸）写：EPSG 代码、wgs84、cgcs2000 · of a file that says none, as a drawing",
    "LayerFile.encoding": "编码；不写则自动判断 · encoding; found out if left out",
    "OsmFile.osm": "文件 · file",
    "OsmFile.admin_level": "乡镇界的级别 · level of the boundary relations",
    "OsmPlace.osm_place": "地名 · name of the place",
    "VillagePeople.villages": "间距，米 · spacing in metres",
    "VillagePeople.within_m": "离村点多远的街道还算这个村；村的 position_accuracy_m 更大时取它 · how far a village's streets may be",
    "StreetPoints.streets": "间距，米；标为“点”，不是“人” · spacing in metres; labelled points, not people",
    "StreetPoints.inside_townships": "不在任何乡镇内的点不计入，用于裁切时外扩的道路 · leave out points in no township: streets of a clipped halo",
}


def area_page() -> str:
    """Return the reference of ``area.toml``: every key, its values, its default."""
    parts = [
        "# 区域文件 · The area file\n",
        "一个地方一个文件夹，里面一个 `area.toml`；两节就够：\nOne folder per area with one `area.toml`; two sections are enough:\n",
        (
            '```toml\n[area]\nid = "someisles"\nname = "某县"\ncrs = "EPSG:4550"\nas_of = 2024-12-31\n\n[data]\n'
            'network = "streets.gpkg"\nfacilities = ["facilities.csv"]\n```\n'
        ),
        (
            "写错的键、值、文件名一次全部指出，并给出最接近的正确写法。编辑器补全用的 JSON schema：`circles.area.json_schema()`。\n"
            "Every mistake is reported at once, with the nearest key that exists.\n"
        ),
    ]
    for title, model, meaning in SECTIONS:
        parts += [
            f"## `{title}`\n\n{meaning}\n",
            _table(("键 key", "值 value", "默认 default", "含义 meaning"), _keys(model)),
        ]
    built_in = ((f"`{c.id}`", c.name, f"`{c.profile}`", c.capacity_unit) for c in area.BUILT_IN_CATEGORIES)
    parts += ["## 内置类别 · Built-in categories\n", _table(("id", "name", "profile", "capacity_unit"), built_in)]
    return BY_HAND + "\n".join(parts)


def tables_page() -> str:
    """Return the reference of every table that passes between rooms and lands in files."""
    parts = [
        "# 表 · Tables\n",
        (
            "每张表一行代表什么，每列的类型、单位、含义。同一个量处处同名；表是长表。\n"
            "What a row stands for, and each column's type, unit and meaning. One quantity has one name everywhere.\n"
        ),
    ]
    for table in tables.TABLES.values():
        rows = ((f"`{c.name}`", c.dtype, c.unit, c.meaning) for c in table.columns)
        parts += [f"## `{table.name}`\n\n{table.meaning}\n", _table(("column", "type", "unit", "meaning"), rows)]
    choices = (tables.Status, tables.ServiceMode, tables.Position, tables.Reason, tables.Verdict)
    named = ((f"`{kind.__name__}`", " · ".join(f"`{item}`" for item in kind)) for kind in choices)
    return BY_HAND + "\n".join([*parts, "## 取值 · Values\n", _table(("name", "values"), named)])


def findings_page() -> str:
    """Return every finding by the room that makes it: what it says, what it costs, what to do, and an example."""
    parts = [
        "# 体检发现 · Findings\n",
        (
            "`findings.csv` 和 `circles doctor` 里的每个 code：什么不对，影响多少分钟或多少人，怎么改，各举一例。花括号处填入具体的值；"
            "例子里先是输入的样子，再是程序的话。\n"
            "Every code of `findings.csv` and `circles doctor`: what is wrong, what it costs in minutes or people, what to do, and an "
            "example: first what the input held, then what the program says.\n"
        ),
    ]
    raised, examples = raised_codes(), finding_examples()
    for name, entries in _catalogues():
        parts.append(f"## {name}\n")
        for code, entry in entries.items():
            parts.append(_finding(code, entry, raised.get(code, ("warning", 1)), examples, name))
    return BY_HAND + "\n".join(parts)


def finding_examples() -> dict[str, Any]:
    """Return the examples as data: places by room, default values, and what each code has of its own."""
    return tomllib.loads((ROOT / "scripts" / "finding_examples.toml").read_text(encoding="utf-8"))


def raised_codes() -> dict[str, tuple[str, int]]:
    """Return every code that the package raises → its severity, and how much of a place it gives (0 file, 1 row, 2 id)."""
    found: dict[str, tuple[str, int]] = {}
    texts: set[str] = set()
    made: set[str] = set()
    for file in sorted((ROOT / "circles").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            if isinstance(node, ast.JoinedStr):
                parts = [str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values]
                made.add(re.escape("".join(parts)).replace("\0", "[a-z0-9-]+"))
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first, name = node.args[0], str(called)
            if (
                name in ("error", "warning", "info")
                and isinstance(first, ast.Constant)
                and isinstance(first.value, str)
            ):
                starred = any(isinstance(item, ast.Starred) for item in node.args)
                has_id = starred or len(node.args) > 3 or any(item.arg == "id" for item in node.keywords)
                depth = 2 if has_id else int(len(node.args) > 2)
                found[first.value] = (name, max(depth, found.get(first.value, ("", 0))[1]))
    for code in words.finding_codes():
        kinds = {
            code,
            code.removesuffix("-many"),
            code.partition("-")[2].replace("-", "_"),
        }  # a code may be put together
        if code not in found and (kinds & texts or any(re.fullmatch(form, code) for form in made if "-" in form)):
            found[code] = ("error" if code.startswith("geometry") else "warning", 0 if code.endswith("-many") else 2)
    return found


def example_of(code: str, room: str, examples: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return what the input held, '' where it cannot be shown, and the values of the finding's sentences.

    Raises
    ------
    KeyError
        A value of its sentences has neither an example of its own nor a default in ``finding_examples.toml``.
    """
    entry = words.finding_codes()[code]
    own = examples["codes"].get(code, {})
    keys = [key for key in entry if key.startswith(("zh", "en", "fix", "why"))]
    wanted = {name for key in keys for _, name, _, _ in string.Formatter().parse(entry[key]) if name}
    if not any(key in entry for key in ("zh",)):
        raise KeyError(code)
    values = {name: own[name] if name in own else examples["defaults"][name] for name in sorted(wanted)}
    if room == "streets":
        values.pop("points", None)
        if not code.endswith("-many"):
            values.pop("people", None)  # the example is a facility
    return str(own.get("given", "")), values


def _finding(code: str, entry: dict[str, str], raised: tuple[str, int], examples: dict[str, Any], room: str) -> str:
    given, values = example_of(code, room, examples)
    table, row, id_ = examples["places"].get(room, ["", 1, ""])
    severity, depth = raised
    item = errors.Finding(
        severity,  # type: ignore[arg-type]
        code, table, row if depth and row > 1 else None, (id_ or None) if depth == 2 else None, values,
    )  # fmt: skip
    lines = [f"### `{code}`\n", f"{words.whole(entry['zh'])}<br>\n{words.whole(entry['en'])}\n"]
    lines.append(f"- **改法 fix** {words.whole(entry['fix_zh'])} · {words.whole(entry['fix_en'])}")
    whys = [
        f"{entry[f'{key}_zh']} · {entry[f'{key}_en']}"
        for key in ("why", "why_people", "why_points")
        if f"{key}_zh" in entry
    ]
    lines += [f"- **影响 cost** {why}" for why in whys]
    shown = [*given.split("\n")] if given else []
    sentences = [item.line("zh"), item.line("en")]
    body = "\n".join([*shown, *sentences])
    return "\n".join(lines) + f"\n\n```text\n{body}\n```\n"


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    return {"area.md": area_page(), "tables.md": tables_page(), "findings.md": findings_page()}


def run_output() -> str:
    """Return what ``circles run`` prints on the embedded area, data first and messages after."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "shengsi"
        call = [sys.executable, "-c", "from circles.cli import main; main()", "run", "--out", str(out)]
        done = subprocess.run(call, capture_output=True, encoding="utf-8", check=True)
    return (done.stdout + done.stderr).replace(str(out), "maps/shengsi").replace("\\", "/")


def readmes(output: str) -> dict[str, str]:
    """Return the READMEs with this output of ``circles run`` in its place."""
    return {name: SHOWN.sub(lambda _: output, (ROOT / name).read_text(encoding="utf-8")) for name in READMES}


def _catalogues() -> Iterator[tuple[str, dict[str, dict[str, str]]]]:
    folder = resources.files(words).joinpath("findings")
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".toml"):
            yield file.name.removesuffix(".toml"), dict(sorted(tomllib.loads(file.read_text(encoding="utf-8")).items()))


def _keys(model: type[BaseModel]) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        yield f"`{name}`", _values(field), _default(field), MEANING[f"{model.__name__}.{name}"]


def _values(field: FieldInfo) -> str:
    text = _type(field.annotation)
    if callable(extra := field.json_schema_extra):  # the values that the JSON schema lists
        schema: dict[str, Any] = {}
        extra(schema)
        text = " / ".join(f"`{item}`" for item in schema["enum"])
    for item in field.metadata:
        bounds = (
            (annotated_types.Gt, "gt", "> "), (annotated_types.Ge, "ge", "≥ "),
            (annotated_types.Lt, "lt", "< "), (annotated_types.Le, "le", "≤ "),
        )  # fmt: skip
        for kind, attribute, sign in bounds:
            if isinstance(item, kind):
                text += f", {sign}{getattr(item, attribute):g}"
        if pattern := getattr(item, "pattern", None):
            text += f", `{pattern}`"
    return text


def _type(annotation: Any) -> str:  # noqa: PLR0911 - one answer per form of type
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if annotation is Any:
        return "value"
    if origin is Literal:
        return " / ".join(f"`{item}`" for item in arguments)
    if origin in (Union, types.UnionType):
        return " / ".join(_type(item) for item in arguments if item is not type(None))
    if origin is tuple:
        return f"[{_type(arguments[0])}, …]"
    if origin is dict:
        return f"{{key = {_type(arguments[1])}}}"
    if isinstance(annotation, EnumMeta):
        return " / ".join(f"`{item.value}`" for item in annotation)  # type: ignore[attr-defined]
    inline = {model: title for title, model, _ in SECTIONS}
    if annotation in inline:
        return f"`{inline[annotation]}`"
    plain = {str: "text", float: "number", int: "whole number", bool: "true / false"}
    return plain.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**必填 required**"
    value = field.default if field.default is not PydanticUndefined else None
    if value is None or value in ("", ()) or str(value) == "nan":
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(f'{item:g}' for item in value)}]`"
    if isinstance(value, BaseModel):
        return f"`{value.model_dump()}`".replace("'", "").replace(":", " =")
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"docs/{name}")
    for name, text in readmes(run_output()).items():
        (ROOT / name).write_text(text, encoding="utf-8", newline="\n")
        print(name)


if __name__ == "__main__":
    main()
