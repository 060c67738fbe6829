// Why? Minutes from a place of the map to the nearest of each kind, the way there, and why there is none.
const nearestCache = new WeakMap();

// The walk from everywhere to the nearest counted facility of category c; ties go to the id that is least as text.
A.toNearest = (c) => {
  if (!nearestCache.has(A.data)) nearestCache.set(A.data, new Map());
  const known = nearestCache.get(A.data);
  if (!known.has(c)) {
    const w = A.data.walked.walkers[c], joined = A.walked().facilities[w], ids = A.data.facilities.id;
    const rows = A.counted(c).sort((a, b) => (ids[a] < ids[b] ? -1 : 1)), places = rows.map((i) => A.placeOf(joined, i));
    known.set(c, { w, rows, places, found: A.spread(w, places, Infinity) });
  }
  return known.get(c);
};

// The point of the nearest street within `reach` metres of a place of the map; with a walker, of those streets she may use.
A.snap = (latlng, walker, metres) => {
  const x = toX(latlng.lng), y = toY(latlng.lat), s = A.shapes.streets, reach = metres / A.metres(latlng.lat);
  const [forward, backward] = walker === null ? [] : A.walked().seconds[walker];
  let best = reach * reach, found = null;
  for (let e = 0; e < s.count; e++) {
    const b = s.box;
    if (x < b[4 * e] - reach || x > b[4 * e + 2] + reach || y < b[4 * e + 1] - reach || y > b[4 * e + 3] + reach) continue;
    if (forward && !(e < forward.length && (Number.isFinite(forward[e]) || Number.isFinite(backward[e])))) continue;
    const first = s.point[s.part[e]], last = s.point[s.part[e] + 1] - 1;
    let along = 0, hit = null, total = 0;
    for (let j = first; j < last; j++) {
      const dx = s.x[j + 1] - s.x[j], dy = s.y[j + 1] - s.y[j], span = dx * dx + dy * dy, long = Math.sqrt(span);
      const t = span ? Math.max(0, Math.min(1, ((x - s.x[j]) * dx + (y - s.y[j]) * dy) / span)) : 0;
      const ex = s.x[j] + t * dx, ey = s.y[j] + t * dy, d = (ex - x) ** 2 + (ey - y) ** 2;
      if (d < best) { best = d; along = total + t * long; hit = [ex, ey]; }
      total += long;
    }
    if (hit) found = { edge: e, fraction: total ? along / total : 0, leg: 0, x: hit[0], y: hit[1] };
  }
  return found;
};

// Metres per unit of the Mercator square at a latitude.
A.metres = (lat) => 40075016.686 * Math.cos(lat * Math.PI / 180);

// Why nobody gets from a street to a facility of category c: none on the islands tied to it, or no way for this walker.
const whyNot = (e, c) => {
  const { tied, islands, walkers } = A.data.walked, w = walkers[c], g = A.walked(), [forward, backward] = g.seconds[w];
  if (!Number.isFinite(forward[e]) && !Number.isFinite(backward[e])) return A.w("why_closed_here");
  const group = (name) => tied[w][islands.indexOf(name)];
  const served = new Set(A.counted(c).map((i) => group(A.data.facilities.island[i])));
  return A.named("why_", served.has(tied[w][g.island[e]]) ? "no_route" : "no_facility_on_island");
};

// One row per service for a place on a street: minutes, facility or reason, and the way when chosen.
A.streetRows = (place) => A.data.categories.map((category, c) => {
  const { w, rows, places, found } = A.toNearest(c), { s, to } = A.secondsAt(w, found, places, place);
  if (!Number.isFinite(s)) return { cells: [category.name, "–", whyNot(place.edge, c)] };
  const minutes = Math.ceil(s / 0.6 - 1e-4), nearest = rows[to], far = minutes > A.data.area.horizon * 100;
  return {
    cells: [category.name, far ? "–" : A.minutes(minutes), far ? A.named("why_", "beyond_horizon") : [A.el("bdi", {}, A.data.facilities.name[nearest]), minutes > A.data.area.limit * 100 ? " · " + A.w("beyond") : ""]],
    choose: () => A.showPath(A.path(place, [place.x, place.y], nearest, c), c),
  };
});

A.streetDetail = (place, gap) => {
  const { highway, name } = A.data.streets, e = place.edge, closed = highway.values[highway.at[e]] === "closed";
  const kind = A.named("highway_", highway.values[highway.at[e]]), title = name.values[name.at[e]];
  return [
    A.el("h3", {}, title ? A.el("bdi", {}, title) : A.w("street"), kind && kind !== title ? A.el("span", { class: "soft" }, " · " + kind) : ""),
    closed || !A.data.walked ? A.el("p", {}, A.w("why_closed")) : A.list(A.w("minutes_to"), [A.w("service"), A.w("walk"), A.w("nearest_or_why")], A.streetRows(place)),
    closed || !A.data.walked ? "" : A.el("p", { class: "soft" }, A.w("street_note")),
    gap >= 0 ? A.gapFacts(gap) : "",
  ];
};

A.gapFacts = (i) => {
  const g = A.data.gaps;
  return [A.el("h3", {}, A.w("gap_title", { id: g.id[i] })), A.definitions([
    [A.w("service"), (A.data.categories[g.category[i]] || {}).name], [A.w("township"), A.data.townships.name[g.township[i]] || A.w("township_NONE")],
    [A.w("gap_people", { unit: A.data.area.unit }), A.number(g.population[i], 1)],
    [A.w("gap_median"), g.median[i] === null ? "–" : A.number(g.median[i], 1)], [A.w("gap_reason"), A.named("reason_", g.reason[i])]])];
};

// Draws a way and tells its seconds by kind of street.
A.showPath = (way, c, minutes) => {
  A.way = way;
  A.redraw();
  if (!way) return;
  const xs = way.line.map((p) => p[0]), ys = way.line.map((p) => p[1]);
  A.map.closePopup();
  A.map.fitBounds([toLatLng(Math.min(...xs), Math.max(...ys)), toLatLng(Math.max(...xs), Math.min(...ys))], { padding: [60, 60], maxZoom: 17, animate: false });
  const kinds = ["leg", "flat", "up", "down", "steps"].filter((k) => way.parts[k] > 0.5);
  A.showDetail([
    A.el("h3", {}, A.w("path_title", { service: A.data.categories[c].name })),
    A.el("p", {}, A.el("b", {}, A.minutes(minutes === undefined ? Math.ceil(way.seconds / 0.6 - 1e-4) : minutes)), " → ", A.el("bdi", {}, A.data.facilities.name[way.facility])),
    A.list(A.w("path_parts"), [A.w("part"), A.w("part_seconds"), A.w("part_share")], [
      ...kinds.map((k) => ({ cells: [A.w("part_" + k), A.number(way.parts[k], 0), A.percent(way.parts[k] / way.seconds)] })),
      { cells: [A.el("b", {}, A.w("township_ALL")), A.el("b", {}, A.number(way.seconds, 0)), ""] }]),
    A.el("p", { class: "soft" }, A.w("path_note", { walker: A.data.categories[c].walker, speed: A.data.categories[c].speed })),
    A.el("button", { type: "button", on: { click: () => { A.way = null; document.getElementById("detail").hidden = true; A.redraw(); } } }, A.w("close")),
  ]);
};
