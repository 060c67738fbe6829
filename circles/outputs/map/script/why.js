// Why? Minutes from a place of the map to the nearest of each kind, the way there, and why there is none.
import { showDetail } from "./detail.js";
import { definitions, el } from "./dom.js";
import { gapVillages } from "./gaps.js";
import { toLatLng, toX, toY } from "./geometry.js";
import { pathTo, placeOf, secondsAt, spreadFrom, walkedGraph } from "./network.js";
import { page } from "./page.js";
import { listTable } from "./tables.js";
import { minutesText, named, numberText, percentText, reasonText, say } from "./text.js";
import { countedOf } from "./whatif.js";

const nearestCache = new WeakMap();

// The walk from everywhere to the nearest counted facility of category c; ties go to the id that is least as text.
export const toNearest = (c) => {
  if (!nearestCache.has(page.data)) nearestCache.set(page.data, new Map());
  const known = nearestCache.get(page.data);
  if (!known.has(c)) {
    const w = page.data.walked.walkers[c],
      snapped = walkedGraph().facilities[w],
      ids = page.data.facilities.id;
    const rows = countedOf(c).sort((a, b) => (ids[a] < ids[b] ? -1 : 1)),
      places = rows.map((i) => placeOf(snapped, i));
    known.set(c, { w, rows, places, found: spreadFrom(w, places, Infinity) });
  }
  return known.get(c);
};

// The point of the nearest street within `reach` metres of a place of the map; with a walker, of those streets she may use.
export const snapTo = (latlng, walker, metres) => {
  const x = toX(latlng.lng),
    y = toY(latlng.lat),
    s = page.shapes.streets,
    reach = metres / metresPerUnit(latlng.lat);
  const [forward, backward] = walker === null ? [] : walkedGraph().seconds[walker];
  let best = reach * reach,
    found = null;
  for (let e = 0; e < s.count; e++) {
    const b = s.box;
    if (x < b[4 * e] - reach || x > b[4 * e + 2] + reach || y < b[4 * e + 1] - reach || y > b[4 * e + 3] + reach) {
      continue;
    }
    if (forward && !(e < forward.length && (Number.isFinite(forward[e]) || Number.isFinite(backward[e])))) continue;
    const first = s.point[s.part[e]],
      last = s.point[s.part[e] + 1] - 1;
    let along = 0,
      hit = null,
      total = 0;
    for (let j = first; j < last; j++) {
      const dx = s.x[j + 1] - s.x[j],
        dy = s.y[j + 1] - s.y[j],
        span = dx * dx + dy * dy,
        long = Math.sqrt(span);
      const t = span ? Math.max(0, Math.min(1, ((x - s.x[j]) * dx + (y - s.y[j]) * dy) / span)) : 0;
      const ex = s.x[j] + t * dx,
        ey = s.y[j] + t * dy,
        d = (ex - x) ** 2 + (ey - y) ** 2;
      if (d < best) {
        best = d;
        along = total + t * long;
        hit = [ex, ey];
      }
      total += long;
    }
    if (hit) found = { edge: e, fraction: total ? along / total : 0, leg: 0, x: hit[0], y: hit[1] };
  }
  return found;
};

// Metres per unit of the Mercator square at a latitude.
export const metresPerUnit = (lat) => 40075016.686 * Math.cos((lat * Math.PI) / 180);

// Why nobody gets from a street to a facility of category c: none on the islands tied to it, or no way for this walker.
const whyNot = (e, c) => {
  const { tied, islands, walkers } = page.data.walked,
    w = walkers[c],
    g = walkedGraph(),
    [forward, backward] = g.seconds[w];
  if (!Number.isFinite(forward[e]) && !Number.isFinite(backward[e])) return say("why_closed_here");
  const group = (name) => tied[w][islands.indexOf(name)];
  const served = new Set(countedOf(c).map((i) => group(page.data.facilities.island[i])));
  return named("why_", served.has(tied[w][g.island[e]]) ? "no_route" : "no_facility_on_island");
};

// One row per service for a place on a street: minutes, facility or reason, and the way when chosen.
export const streetRows = (place) =>
  page.data.categories.map((category, c) => {
    const { w, rows, places, found } = toNearest(c),
      { s, to } = secondsAt(w, found, places, place);
    if (!Number.isFinite(s)) return { cells: [category.name, "–", whyNot(place.edge, c)] };
    const minutes = Math.ceil(s / 0.6 - 1e-4),
      nearest = rows[to],
      far = minutes > page.data.area.horizon * 100;
    return {
      cells: [
        category.name,
        far ? "–" : minutesText(minutes),
        far
          ? reasonText("why_", "beyond_horizon")
          : [
              el("bdi", {}, page.data.facilities.name[nearest]),
              minutes > page.data.area.limit * 100 ? " · " + say("beyond") : "",
            ],
      ],
      choose: () => showPath(pathTo(place, [place.x, place.y], nearest, c), c),
    };
  });

export const streetDetail = (place, gap) => {
  const { highway, name } = page.data.streets,
    e = place.edge,
    closed = highway.values[highway.at[e]] === "closed";
  const kind = named("highway_", highway.values[highway.at[e]]),
    title = name.values[name.at[e]];
  return [
    el(
      "h3",
      {},
      title ? el("bdi", {}, title) : say("street"),
      kind && kind !== title ? el("span", { class: "soft" }, " · " + kind) : "",
    ),
    closed || !page.data.walked
      ? el("p", {}, say("why_closed"))
      : listTable(say("minutes_to"), [say("service"), say("walk"), say("nearest_or_why")], streetRows(place)),
    closed || !page.data.walked ? "" : el("p", { class: "soft" }, say("street_note")),
    gap >= 0 ? gapFacts(gap) : "",
  ];
};

export const gapFacts = (i) => {
  const g = page.data.gaps,
    service = (page.data.categories[g.category[i]] || { name: "" }).name;
  return [
    el("h3", {}, say("gap_title", { service, n: g.id[i].split("-").at(-1) })),
    definitions([
      [say("township"), page.data.townships.name[g.township[i]] || say("township_NONE")],
      [say("village"), gapVillages(i)],
      [say("gap_people", { unit: page.data.area.unit }), numberText(g.population[i], 1)],
      [say("gap_median"), g.median[i] === null ? "–" : numberText(g.median[i], 1)],
      [say("gap_reason"), reasonText("reason_", g.reason[i])],
    ]),
  ];
};

// Draws a way and reports its seconds by kind of street.
export const showPath = (way, c, minutes) => {
  page.way = way;
  page.redraw();
  if (!way) return;
  const xs = way.line.map((p) => p[0]),
    ys = way.line.map((p) => p[1]);
  page.map.closePopup();
  page.map.fitBounds([toLatLng(Math.min(...xs), Math.max(...ys)), toLatLng(Math.max(...xs), Math.min(...ys))], {
    padding: [60, 60],
    maxZoom: 17,
    animate: false,
  });
  const kinds = ["leg", "flat", "up", "down", "steps"].filter((k) => way.parts[k] > 0.5);
  showDetail([
    el("h3", {}, say("path_title", { service: page.data.categories[c].name })),
    el(
      "p",
      {},
      el("b", {}, minutesText(minutes === undefined ? Math.ceil(way.seconds / 0.6 - 1e-4) : minutes)),
      " → ",
      el("bdi", {}, page.data.facilities.name[way.facility]),
    ),
    listTable(
      say("path_parts"),
      [say("part"), say("part_seconds"), say("part_share")],
      [
        ...kinds.map((k) => ({
          cells: [say("part_" + k), numberText(way.parts[k], 0), percentText(way.parts[k] / way.seconds)],
        })),
        { cells: [el("b", {}, say("township_ALL")), el("b", {}, numberText(way.seconds, 0)), ""] },
      ],
    ),
    el(
      "p",
      { class: "soft" },
      say("path_note", { walker: page.data.categories[c].walker, speed: page.data.categories[c].speed }),
    ),
    el(
      "button",
      {
        type: "button",
        on: {
          click: () => {
            page.way = null;
            document.getElementById("detail").hidden = true;
            page.redraw();
          },
        },
      },
      say("close"),
    ),
  ]);
};
