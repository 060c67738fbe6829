"""Odd and damaged OpenStreetMap files, in the manner of libosmium's public test data, and what is right for each.

Every file holds a footway from (30, 0) to (31, 0), in thousandths of a degree from 14° E, 36° N, and a clinic at (35, 5),
besides what is odd about it. A township is worth its area in squares of such a thousandth, None where it must not be drawn.
"""

from __future__ import annotations

import bz2
import gzip
from dataclasses import dataclass, field

OUTER = ((0, 0), (4, 0), (4, 4), (0, 4))
"""A square of sixteen."""
BORDER = {"type": "boundary", "boundary": "administrative", "admin_level": "8", "name": "甲乡"}


def _tags(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())


def node(number: object, x: float, y: float, **tags: str) -> str:
    return f'<node id="{number}" version="1" lon="{14 + x / 1000:.7f}" lat="{36 + y / 1000:.7f}">{_tags(tags)}</node>'


def way(number: object, refs: object, **tags: str) -> str:
    nd = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}" version="1">{nd}{_tags(tags)}</way>'


def relation(number: object, members: object, tags: dict[str, str]) -> str:
    kinds = {"n": "node", "w": "way", "r": "relation"}
    m = "".join(f'<member type="{kinds.get(k, k)}" ref="{ref}" role="{role}"/>' for k, ref, role in members)
    return f'<relation id="{number}" version="1">{m}{_tags(tags)}</relation>'


USUAL = [
    node(901, 30, 0),
    node(902, 31, 0),
    node(950, 35, 5, amenity="clinic", name="卫生院"),
    way(900, (901, 902), highway="footway"),
]


def osm(
    *parts: str,
    usual: list[str] | None = None,
    head: str = "<?xml version='1.0' encoding='UTF-8'?>\n<osm version='0.6'>",
) -> str:
    every = [*(USUAL if usual is None else usual), *parts]
    order = {"<node": 0, "<way ": 1, "<rela": 2}
    return head + "\n".join(sorted(every, key=lambda part: order.get(part[:5], 3))) + "</osm>\n"


# --- rings -----------------------------------------------------------------------------------------------------------


@dataclass
class Rings:
    """Ways over the nodes of a grid, and one boundary of them."""

    ways: list[tuple[tuple[float, float], ...]]
    roles: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    members: list[tuple[str, object, str]] | None = None
    tags: dict[str, str] = field(default_factory=lambda: dict(BORDER))
    lost_nodes: tuple[tuple[float, float], ...] = ()

    def parts(self) -> list[str]:
        """Return the nodes, the ways and the boundary as XML."""
        places = sorted({place for line in self.ways for place in line})
        number = {place: 1 + at for at, place in enumerate(places)}
        nodes = [node(number[place], *place) for place in places if place not in self.lost_nodes]
        ways = [way(101 + at, [number[place] for place in line]) for at, line in enumerate(self.ways)]
        roles = [*self.roles, *["outer"] * len(self.ways)]
        members = [("w", 101 + at, roles[at]) for at in range(len(self.ways))] if self.members is None else self.members
        return [*nodes, *ways, relation(500, members, self.tags), *self.more]


def closed(*places: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return (*places, places[0])


def box(x: float, y: float, w: float, h: float) -> tuple[tuple[float, float], ...]:
    return closed((x, y), (x + w, y), (x + w, y + h), (x, y + h))


A, B, C, D = OUTER
HALF1, HALF2 = (A, B, C), (C, D, A)
I1, I2 = box(1, 1, 1, 1), box(2.5, 2.5, 1, 1)
BROKEN, EMPTY = frozenset({"osm-relation-broken"}), frozenset({"osm-relation-empty", "osm-relation-broken"})
# name → rings, areas of the townships, codes of which one must be told where the answer is not the plain one
RINGS: dict[str, tuple[Rings, tuple[float, ...], frozenset[str]]] = {
    "one way": (Rings([closed(*OUTER)]), (16,), frozenset()),
    "one way, clockwise": (Rings([closed(*OUTER)[::-1]]), (16,), frozenset()),
    "two ways": (Rings([HALF1, HALF2]), (16,), frozenset()),
    "two ways, one reversed": (Rings([HALF1, HALF2[::-1]]), (16,), frozenset()),
    "both reversed": (Rings([HALF1[::-1], HALF2[::-1]]), (16,), frozenset()),
    "four ways out of order": (Rings([(A, B), (C, D), (B, C), (D, A)]), (16,), frozenset()),
    "four ways, some reversed": (Rings([(A, B), (D, C), (B, C), (A, D)]), (16,), frozenset()),
    "role empty": (Rings([closed(*OUTER)], [""]), (16,), frozenset()),
    "role unknown": (Rings([closed(*OUTER)], ["border"]), (16,), frozenset()),
    "role in capitals": (Rings([closed(*OUTER)], ["OUTER"]), (16,), frozenset()),
    "role in Chinese": (Rings([closed(*OUTER)], ["外环"]), (16,), frozenset()),
    "outer called inner": (Rings([closed(*OUTER)], ["inner"]), (16,), frozenset()),
    "roles swapped": (Rings([closed(*OUTER), I1], ["inner", "outer"]), (15,), frozenset()),
    "both outer": (Rings([closed(*OUTER), I1], ["outer", "outer"]), (15,), frozenset()),
    "no role, inner": (Rings([closed(*OUTER), I1], ["", ""]), (15,), frozenset()),
    "inner first": (Rings([I1, closed(*OUTER)], ["inner", "outer"]), (15,), frozenset()),
    "inner, same turn": (Rings([closed(*OUTER), I1[::-1]], ["outer", "inner"]), (15,), frozenset()),
    "two inners": (Rings([closed(*OUTER), I1, I2], ["outer", "inner", "inner"]), (14,), frozenset()),
    "two inners, touching at a point": (Rings([closed(*OUTER), box(1, 1, 1, 1), box(2, 2, 1, 1)], ["outer", "inner", "inner"]), (14,), frozenset()),
    "two inners, touching along a side": (Rings([closed(*OUTER), box(1, 1, 1, 1), box(2, 1, 1, 1)], ["outer", "inner", "inner"]), (14,), frozenset()),
    "four inners around a point": (Rings([closed(*OUTER), box(1, 1, 1, 1), box(2, 2, 1, 1), box(1, 2, 1, 1), box(2, 1, 1, 1)], ["outer", *["inner"] * 4]), (12,), frozenset()),
    "inner touching outer at a point": (Rings([closed(*OUTER), closed((0, 0), (2, 1), (1, 2))], ["outer", "inner"]), (14.5,), frozenset()),
    "inner along the outer's side": (Rings([closed(A, (1, 0), (2, 0), B, C, D), box(1, 0, 1, 1)], ["outer", "inner"]), (15,), frozenset()),
    "inner in pieces": (Rings([closed(*OUTER), I1[:3], I1[2:]], ["outer", "inner", "inner"]), (15,), frozenset()),
    "an island in the hole": (Rings([closed(*OUTER), box(1, 1, 2, 2), box(1.5, 1.5, 1, 1)], ["outer", "inner", "outer"]), (13,), frozenset()),
    "a hole in the island in the hole": (Rings([box(0, 0, 8, 8), box(1, 1, 6, 6), box(2, 2, 4, 4), box(3, 3, 2, 2)], ["outer", "inner", "outer", "inner"]), (64 - 36 + 16 - 4,), frozenset()),
    "two outers": (Rings([closed(*OUTER), box(6, 0, 2, 2)]), (20,), frozenset()),
    "two outers, touching at a point": (Rings([closed(*OUTER), box(4, 4, 1, 1)]), (17,), frozenset()),
    "two outers, touching along a side": (Rings([box(0, 0, 1, 1), box(1, 0, 1, 1)]), (2,), frozenset()),
    "two outers through one node, one way": (Rings([((0, 0), (2, 0), (1, 1), (2, 2), (0, 2), (1, 1), (0, 0))]), (2,), frozenset()),
    "figure of eight that crosses without a node": (Rings([closed((0, 0), (4, 4), (4, 0), (0, 4))]), (8,), frozenset()),
    "outers overlapping": (Rings([box(0, 0, 2, 2), box(1, 1, 2, 2)]), (7,), BROKEN),
    "the same way twice": (Rings([closed(*OUTER)], members=[("w", 101, "outer"), ("w", 101, "outer")]), (16,), frozenset()),
    "the same ring as two ways": (Rings([closed(*OUTER), closed(*OUTER)]), (), EMPTY),
    "the same side as two ways": (Rings([HALF1, HALF2, HALF2]), (), EMPTY),
    "a spike": (Rings([closed(A, B, C, (6, 6), C, D)]), (16,), frozenset()),
    "a spike as a way": (Rings([closed(*OUTER), (C, (6, 6))]), (16,), BROKEN),
    "a node twice in a row": (Rings([closed(A, A, B, C, C, D)]), (16,), frozenset()),
    "not closed": (Rings([OUTER]), (), EMPTY),
    "a side is missing": (Rings([(A, B), (B, C), (C, D)]), (), EMPTY),
    "a member is not in the file": (Rings([HALF1, HALF2], members=[("w", 101, "outer"), ("w", 199, "outer")]), (), EMPTY),
    "one ring whole, one lost": (Rings([closed(*OUTER)], members=[("w", 101, "outer"), ("w", 199, "outer")]), (16,), BROKEN),
    "one ring whole, one open": (Rings([closed(*OUTER), ((6, 0), (8, 0), (8, 2))]), (16,), BROKEN),
    "all members lost": (Rings([], members=[("w", 199, "outer")]), (), EMPTY),
    "a corner is not in the file": (Rings([closed(*OUTER)], lost_nodes=(C,)), (8,), BROKEN),
    "two corners are not in the file": (Rings([closed(*OUTER)], lost_nodes=(C, D)), (), EMPTY),
    "all corners lost": (Rings([closed(*OUTER)], lost_nodes=OUTER), (), EMPTY),
    "two nodes and back": (Rings([(A, B, A)]), (), EMPTY),
    "one node": (Rings([(A,)]), (), EMPTY),
    "one node twice": (Rings([(A, A)]), (), EMPTY),
    "no area": (Rings([closed((0, 0), (1, 0), (2, 0), (3, 0))]), (), EMPTY),
    "a way of no nodes": (Rings([(), closed(*OUTER)]), (16,), BROKEN),
    "no members": (Rings([], members=[]), (), EMPTY),
    "itself as member": (Rings([closed(*OUTER)], members=[("w", 101, "outer"), ("r", 500, "subarea")]), (16,), frozenset()),
    "only itself as member": (Rings([], members=[("r", 500, "outer")]), (), EMPTY),
    "a circle of relations": (Rings([closed(*OUTER)], members=[("w", 101, "outer"), ("r", 501, "subarea")], more=[relation(501, [("r", 500, "subarea")], {"type": "site"})]), (16,), frozenset()),
    "a node as outer": (Rings([closed(*OUTER)], members=[("w", 101, "outer"), ("n", 1, "outer")]), (16,), frozenset()),
    "label and centre": (Rings([closed(*OUTER)], members=[("w", 101, "outer"), ("n", 1, "label"), ("n", 2, "admin_centre")]), (16,), frozenset()),
    "as a multipolygon": (Rings([closed(*OUTER)], tags=BORDER | {"type": "multipolygon"}), (16,), frozenset()),
    "tags of level with a space": (Rings([closed(*OUTER)], tags=BORDER | {"admin_level": " 8 "}), (16,), frozenset()),
    "thousands of corners": (Rings([closed(*[(x / 100, 0) for x in range(401)], (4, 4), (0, 4))]), (16,), frozenset()),
    "three ways meeting at a node": (Rings([box(0, 0, 1, 1), closed((1, 1), (2, 1), (2, 2)), closed((1, 1), (1, 2), (0, 2))]), (2,), frozenset()),
    "a ring within a ring by a bridge": (Rings([closed((0, 0), (4, 0), (4, 4), (0, 4), (0, 0), (1, 1), (1, 2), (2, 2), (2, 1), (1, 1))]), (15,), frozenset()),
    "turned twice around": (Rings([(*OUTER, *OUTER, A)]), (), EMPTY),
}  # fmt: skip

# --- nodes and ways --------------------------------------------------------------------------------------------------

DAMAGED = frozenset({"osm-broken-file"})


def _streets(refs: object, *nodes: str, **tags: str) -> list[str]:
    return [*nodes, way(900, refs, **({"highway": "footway"} | tags))]


CLINIC = USUAL[2]
N1, N2, N3 = node(901, 30, 0), node(902, 31, 0), node(903, 32, 0)
# name → parts instead of the usual ones, metres of footway, clinics, codes that must be told
PIECES: dict[str, tuple[list[str], float, int, frozenset[str]]] = {
    "plain": (USUAL, 90.18, 1, frozenset()),
    "ids negative": ([node(-1, 30, 0), node(-2, 31, 0), node(-3, 35, 5, amenity="clinic"), way(-9, (-1, -2), highway="footway")], 90.18, 1, frozenset()),
    "ids huge": ([node(2**62, 30, 0), node(2**62 + 1, 31, 0), CLINIC, way(2**62, (2**62, 2**62 + 1), highway="footway")], 90.18, 1, frozenset()),
    "ids at the edge of 32 bits": ([node(2**31 - 1, 30, 0), node(2**32, 31, 0), CLINIC, way(2**33, (2**31 - 1, 2**32), highway="footway")], 90.18, 1, frozenset()),
    "id 0": ([node(0, 30, 0), N2, CLINIC, way(0, (0, 902), highway="footway")], 90.18, 1, frozenset()),
    "a node twice, same place": ([*USUAL, N1], 90.18, 1, frozenset()),
    "a way twice": ([*USUAL, USUAL[3]], 90.18, 1, frozenset({"osm-way-twice", "osm-object-twice"})),
    "a clinic twice": ([*USUAL, CLINIC], 90.18, 1, frozenset({"osm-node-twice", "osm-object-twice"})),
    "a node twice in a way": ([*_streets((901, 901, 902), N1, N2), CLINIC], 90.18, 1, frozenset()),
    "there and back": ([*_streets((901, 902, 901), N1, N2), CLINIC], 180.36, 1, frozenset()),
    "a loop": ([*_streets((901, 902, 903, 901), N1, N2, node(903, 31, 1)), CLINIC], 344.3, 1, frozenset()),
    "two nodes at one place": ([*_streets((901, 902, 903), N1, N2, node(903, 31, 0)), CLINIC], 90.18, 1, frozenset()),
    "a missing node inside": ([*_streets((901, 999, 902), N1, N2), CLINIC, node(911, 30, 0), node(912, 31, 0), way(910, (911, 912), highway="footway")], 90.18, 1, frozenset({"osm-way-cut", "osm-way-dropped"})),
    "a missing node at the end": ([*_streets((901, 902, 999), N1, N2), CLINIC], 90.18, 1, frozenset({"osm-way-cut"})),
    "a way of one node": ([*USUAL, way(910, (901,), highway="footway")], 90.18, 1, frozenset({"osm-way-dropped"})),
    "a way of no nodes": ([*USUAL, way(910, (), highway="footway")], 90.18, 1, frozenset({"osm-way-dropped"})),
    "a way of missing nodes only": ([*USUAL, way(910, (998, 999), highway="footway")], 90.18, 1, frozenset({"osm-way-cut", "osm-way-dropped"})),
    "a node without a place": ([*USUAL, '<node id="970" version="1"/>'], 90.18, 1, frozenset()),
    "a clinic without a place": ([*USUAL, '<node id="970" version="1"><tag k="amenity" v="clinic"/></node>'], 90.18, 1, frozenset({"osm-facility-nowhere"}) | DAMAGED),
    "latitude 91": ([*USUAL, '<node id="970" version="1" lat="91" lon="14"><tag k="amenity" v="clinic"/></node>'], 90.18, 1, frozenset({"osm-facility-nowhere"}) | DAMAGED),
    "longitude 181": ([*USUAL, '<node id="970" version="1" lat="36" lon="181"><tag k="amenity" v="clinic"/></node>'], 90.18, 1, frozenset({"osm-facility-nowhere"}) | DAMAGED),
    "a street out of the world": ([*_streets((901, 902, 971), N1, N2, '<node id="971" version="1" lat="36" lon="500"/>'), CLINIC], 90.18, 1, frozenset({"osm-way-cut"}) | DAMAGED),
    "latitude NaN": ([*USUAL, '<node id="970" version="1" lat="nan" lon="14"/>'], 90.18, 1, DAMAGED),
    "latitude empty": ([*USUAL, '<node id="970" version="1" lat="" lon="14"/>'], 90.18, 1, DAMAGED),
    "latitude with a comma": ([*USUAL, '<node id="970" version="1" lat="36,5" lon="14"/>'], 90.18, 1, DAMAGED),
    "latitude by exponent": ([*USUAL, '<node id="970" version="1" lat="3.6e1" lon="14"/>'], 90.18, 1, frozenset()),
    "latitude of many digits": ([*USUAL, f'<node id="970" version="1" lat="36.{"0" * 400}1" lon="14"/>'], 90.18, 1, DAMAGED),
    "id of many digits": ([*USUAL, '<node id="99999999999999999999999" version="1" lat="36" lon="14"/>'], 90.18, 1, DAMAGED),
    "id empty": ([*USUAL, '<node id="" version="1" lat="36" lon="14"/>'], 90.18, 1, DAMAGED),
    "id a word": ([*USUAL, '<way id="x" version="1"/>'], 90.18, 1, DAMAGED),
    "no id": ([*USUAL, '<node version="1" lat="36" lon="14"/>'], 90.18, 1, frozenset()),
    "ref a word": ([*USUAL, '<way id="910" version="1"><nd ref="x"/></way>'], 90.18, 1, DAMAGED),
    "no ref": ([*USUAL, '<way id="910" version="1"><nd/></way>'], 90.18, 1, frozenset()),
    "version a word": ([*USUAL, '<node id="970" version="x" lat="36" lon="14"/>'], 90.18, 1, DAMAGED),
    "no version": ([part.replace(' version="1"', "") for part in USUAL], 90.18, 1, frozenset()),
    "timestamp broken": ([*USUAL, '<node id="970" version="1" timestamp="yesterday" lat="36" lon="14"/>'], 90.18, 1, DAMAGED),
    "user of a thousand letters": ([*USUAL, f'<node id="970" version="1" user="{"u" * 1000}" uid="1" lat="36" lon="14"/>'], 90.18, 1, frozenset()),
    "user of many letters": ([*USUAL, f'<node id="970" version="1" user="{"u" * 70000}" uid="1" lat="36" lon="14"/>'], 90.18, 1, frozenset()),
    "deleted": ([*USUAL, '<node id="970" version="2" visible="false"/>'], 90.18, 1, frozenset()),
    "a deleted clinic": ([*USUAL, node(970, 40, 40, amenity="clinic").replace("version", 'visible="false" version')], 90.18, 1, frozenset({"osm-history-file", "osm-deleted"})),
    "a key twice": ([N1, N2, USUAL[3], CLINIC.replace("<tag", '<tag k="amenity" v="doctors"/><tag', 1)], 90.18, 1, frozenset()),
    "a key empty": ([*USUAL, node(970, 1, 1).replace("></node>", '><tag k="" v="x"/></node>')], 90.18, 1, frozenset()),
    "a value empty": ([*USUAL, node(970, 1, 1, amenity="")], 90.18, 1, frozenset()),
    "no value": ([*USUAL, node(970, 1, 1).replace("></node>", '><tag k="amenity"/></node>')], 90.18, 1, frozenset()),
    "a long value": ([N1, N2, USUAL[3], node(950, 35, 5, amenity="clinic", name="院" * 255)], 90.18, 1, frozenset()),
    "a value too long": ([N1, N2, USUAL[3], node(950, 35, 5, amenity="clinic", name="x" * 70000)], 90.18, 1, DAMAGED),
    "a value with entities": ([N1, N2, USUAL[3], node(950, 35, 5, amenity="clinic", name="&lt;b&gt;&amp;&#33;")], 90.18, 1, frozenset()),
    "a thousand tags": ([N1, N2, USUAL[3], node(950, 35, 5, amenity="clinic", **{f"k{i}": "1" for i in range(1000)})], 90.18, 1, frozenset()),
    "an element unknown": ([*USUAL, "<what id='1'><tag k='amenity' v='clinic'/></what>"], 90.18, 1, DAMAGED),
    "a node in a way": ([*USUAL, f'<way id="910" version="1">{N3}</way>'], 90.18, 1, DAMAGED),
    "a relation of streets": ([*USUAL, relation(700, [("w", 900, "")], {"type": "route", "route": "foot"})], 90.18, 1, frozenset()),
    "a clinic of a missing way": ([*USUAL, relation(700, [("w", 999, "outer")], {"type": "multipolygon", "amenity": "clinic"})], 90.18, 1, frozenset({"osm-facility-nowhere"})),
    "a clinic of no members": ([*USUAL, relation(700, [], {"type": "multipolygon", "amenity": "clinic"})], 90.18, 1, frozenset({"osm-facility-nowhere"})),
    "a clinic that is its own member": ([*USUAL, relation(700, [("r", 700, "outer")], {"type": "multipolygon", "amenity": "clinic"})], 90.18, 1, frozenset({"osm-facility-of-relations"})),
    "a clinic in a circle": ([*USUAL, relation(700, [("r", 701, "")], {"type": "site", "amenity": "clinic"}), relation(701, [("r", 700, "")], {"type": "site"})], 90.18, 1, frozenset({"osm-facility-of-relations"})),
    "a member of unknown kind": ([*USUAL, relation(700, [("area", 1, "")], {"type": "site"})], 90.18, 1, DAMAGED),
    "a member without number": ([*USUAL, '<relation id="700" version="1"><member type="way" role=""/></relation>'], 90.18, 1, DAMAGED),
    "a role of many letters": ([*USUAL, relation(700, [("w", 900, "r" * 70000)], {"type": "site"})], 90.18, 1, DAMAGED),
    "a clinic of one node's way": ([*USUAL, way(910, (901,), amenity="clinic")], 90.18, 2, frozenset()),
    "across the date line": ([*USUAL, node(971, 165999, 0), node(972, -193999, 0)], 90.18, 1, frozenset()),
}  # fmt: skip

# --- the file --------------------------------------------------------------------------------------------------------

PLAIN = osm()
RAW = PLAIN.encode()
NOT, CUT = frozenset({"osm-not-osm"}), frozenset({"osm-cut-off"})
ANY = NOT | CUT | DAMAGED
NONE = frozenset()
# name → bytes, codes with which it may be refused (none: it must be read right)
FILES: dict[str, tuple[bytes, frozenset[str]]] = {
    "mark of UTF-8": (b"\xef\xbb\xbf" + RAW, NONE),
    "UTF-16": (PLAIN.replace("UTF-8", "UTF-16").encode("utf-16"), NONE),
    "space before": (b"\n\n  " + RAW, ANY),
    "no declaration": (RAW.split(b"\n", 1)[1], NONE),
    "declared GBK": (PLAIN.replace("UTF-8", "GBK").encode("gbk"), DAMAGED),
    "declared Latin-1": (PLAIN.replace("UTF-8", "ISO-8859-1").replace("卫生院", "é").encode("latin-1"), NONE),
    "not UTF-8": (RAW.replace("卫生院".encode(), b"\xff\xfe\xfa"), DAMAGED),
    "a surrogate": (RAW.replace("卫生院".encode(), b"\xed\xa0\x80"), DAMAGED),
    "NUL in a value": (RAW.replace("卫生院".encode(), b"\0"), DAMAGED),
    "a control character": (RAW.replace("卫生院".encode(), b"&#7;"), DAMAGED),
    "a comment": (RAW.replace(b"<way", b"<!-- <way/> --><way", 1), NONE),
    "CDATA": (RAW.replace(b"<way", b"<![CDATA[ <way/> ]]><way", 1), NONE),
    "an instruction": (RAW.replace(b"<way", b"<?php x ?><way", 1), NONE),
    "Windows lines": (RAW.replace(b"\n", b"\r\n"), NONE),
    "one line": (RAW.replace(b"\n", b" "), NONE),
    "quotes double": (RAW.replace(b"'", b'"'), NONE),
    "a namespace": (RAW.replace(b"<osm ", b"<osm xmlns='http://x' "), NONE),
    "a prefix": (RAW.replace(b"<osm ", b"<o:osm xmlns:o='http://x' ").replace(b"</osm>", b"</o:osm>"), ANY),
    "capitals": (RAW.replace(b"<osm", b"<OSM").replace(b"</osm>", b"</OSM>"), ANY),
    "version 0.5": (RAW.replace(b"version='0.6'", b"version='0.5'"), DAMAGED),
    "version 0.7": (RAW.replace(b"version='0.6'", b"version='0.7'"), DAMAGED),
    "no version": (RAW.replace(b" version='0.6'", b""), DAMAGED),
    "two roots": (RAW + RAW.split(b"\n", 1)[1], DAMAGED),
    "behind the end": (RAW + b"x", DAMAGED),
    "zeros behind the end": (RAW + b"\0" * 100, DAMAGED),
    "not closed": (RAW.replace(b"</osm>", b""), ANY),
    "cut in a tag": (RAW[: len(RAW) // 2], ANY),
    "an error inside": (RAW.replace(b"<way", b"<<way", 1), DAMAGED),
    "a document type": (RAW.replace(b"<osm ", b"<!DOCTYPE osm [<!ENTITY a 'aaaa'>]><osm ", 1), DAMAGED),
    "a file from elsewhere": (RAW.replace(b"<osm ", b"<!DOCTYPE osm SYSTEM 'file:///etc/passwd'><osm ", 1), DAMAGED),
    "bounds reversed": (RAW.replace(b"'0.6'>", b"'0.6'><bounds minlat='37' minlon='15' maxlat='35' maxlon='13'/>"), DAMAGED | NONE),
    "bounds out of the world": (RAW.replace(b"'0.6'>", b"'0.6'><bounds minlat='-95' minlon='-190' maxlat='95' maxlon='190'/>"), DAMAGED),
    "bounds without numbers": (RAW.replace(b"'0.6'>", b"'0.6'><bounds/>"), DAMAGED),
    "bounds of the old kind": (RAW.replace(b"'0.6'>", b"'0.6'><bound box='35,13,37,15' origin='x'/>"), NONE),
    "two bounds": (RAW.replace(b"'0.6'>", b"'0.6'>" + b"<bounds minlat='35' minlon='13' maxlat='37' maxlon='15'/>" * 2), NONE),
    "note and meta": (RAW.replace(b"'0.6'>", b"'0.6'><note>Overpass</note><meta osm_base='2024-01-01T00:00:00Z'/>"), NONE),
    "an error of Overpass": (RAW.replace(b"</osm>", b"<remark>runtime error: Query timed out</remark></osm>"), frozenset({"osm-incomplete"}) | DAMAGED),
    "JSON of Overpass": (b'{"version":0.6,"elements":[]}', NOT),
    "a page of an error": (b"<html><body>429 Too Many Requests</body></html>", NOT),
    "a change": (b"<?xml version='1.0'?><osmChange version='0.6'><create></create></osmChange>", frozenset({"osm-change-file"})),
    "only a declaration": (b"<?xml version='1.0'?>", NOT),
    "a root alone": (b"<osm version='0.6'/>", frozenset({"osm-no-streets"})),
    "gzip": (gzip.compress(RAW, mtime=0), NONE),
    "gzip in two members": (gzip.compress(RAW[:200], mtime=0) + gzip.compress(RAW[200:], mtime=0), NONE),
    "gzip with zeros behind": (gzip.compress(RAW, mtime=0) + b"\0" * 512, NONE),
    "gzip with rubbish behind": (gzip.compress(RAW, mtime=0) + b"rubbish", DAMAGED),
    "gzip cut": (gzip.compress(RAW, mtime=0)[:-5], ANY),
    "gzip of gzip": (gzip.compress(gzip.compress(RAW, mtime=0), mtime=0), ANY),
    "gzip of nothing": (gzip.compress(b"", mtime=0), ANY),
    "bzip2": (bz2.compress(RAW), NONE),
    "bzip2 in two streams": (bz2.compress(RAW[:200]) + bz2.compress(RAW[200:]), NONE),
    "bzip2 cut": (bz2.compress(RAW)[:-5], ANY),
    "bzip2 flipped": (bz2.compress(RAW)[:60] + b"\xff" + bz2.compress(RAW)[61:], ANY),
    "nothing": (b"", NOT),
    "zeros": (b"\0" * 4096, ANY),
}  # fmt: skip
