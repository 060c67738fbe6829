// Putting the page together.
const Sheet = L.Canvas.extend({
  initialize(paint, options) { L.Canvas.prototype.initialize && L.Canvas.prototype.initialize.call(this, options); L.setOptions(this, options); this.paint = paint; },
  // Leaflet places a settled canvas on fractions of a pixel, which blurs it; whole pixels do not.
  _updateTransform(center, zoom) {
    if (zoom === this._zoom && center.equals(this._center, 1e-9)) L.DomUtil.setPosition(this._container, this._bounds.min);
    else L.Canvas.prototype._updateTransform.call(this, center, zoom);
  },
  _draw() {
    if (!this._ctx || !this._bounds || !this._map) return;
    const zoom = this._map.getZoom(), origin = this._map.getPixelOrigin(), b = this._bounds;
    const corner = this._map.containerPointToLayerPoint([0, 0]), size = this._map.getSize();
    this._ctx.save();
    this._ctx.beginPath();
    this.paint(this._ctx, A.view(zoom, origin.x, origin.y, b.min.x, b.min.y, b.max.x, b.max.y, [corner.x, corner.y, corner.x + size.x, corner.y + size.y]), A.state);
    this._ctx.restore();
  },
});

A.view = (zoom, ox, oy, left, top, right, bottom, frame) => {
  const k = 256 * 2 ** zoom;
  return { zoom, k, ox, oy, frame: frame || [left, top, right, bottom], w: (left + ox) / k, n: (top + oy) / k, e: (right + ox) / k, s: (bottom + oy) / k };
};

A.buildPanel = () => {
  const a = A.data.area, panel = document.getElementById("panel"), f = A.data.facilities, g = A.data.gaps, delta = A.state.side === "difference";
  const open = new Map([...panel.querySelectorAll("details")].map((d) => [d.id, d.open]));
  const section = (id, title, isOpen, ...content) => A.el("details", { id, open: open.has(id) ? open.get(id) : isOpen }, A.el("summary", {}, A.el("h2", {}, title)), content);
  const late = (id, title, build) => A.late(section(id, title, false, A.el("div", { class: "scroll" })), build);
  const verdicts = A.el("div", { class: "scroll", id: "verdict-table", tabindex: -1 });
  const gaps = () => A.list(A.w("panel_gaps"), A.gapHeads(), g.id.flatMap((id, i) => (A.listed(g.category[i], g.township[i], null) ? [A.gapRow(i)] : [])));
  A.fill(panel,
    A.el("header", {}, A.el("h1", {}, A.w("title", { area: a.name })), a.demonstration ? A.el("p", { class: "demo" }, A.w("demonstration_line")) : null),
    A.worlds.before ? A.sideSwitch() : null,
    A.data.incomparable ? A.el("div", { class: "demo", role: "note" }, A.el("p", {}, A.w("incomparable")), A.data.incomparable.map((line) => A.el("p", {}, line))) : null,
    A.el("div", { class: "tools" }, A.searchBox(), A.jumpBox()),
    section("s-verdicts", A.w(delta ? "panel_difference" : "panel_verdicts"), true, a.demonstration ? A.el("p", { class: "soft" }, A.w("demonstration_verdict")) : null,
      delta ? A.differenceSummary() : null, A.filters(), A.el("p", { class: "soft" }, A.w(delta ? "difference_units" : "worst_first")), verdicts),
    A.el("section", { id: "detail", hidden: true, "aria-live": "polite", "aria-label": A.w("detail") }),
    section("s-layers", A.w("panel_layers"), false, A.layerPanel()),
    A.data.walked && !delta ? A.opening(section("s-draft", A.w("panel_draft"), false, A.draftPanel()), A.warmDraft) : null,
    delta ? late("s-changes", A.w("panel_changes") + `（${A.difference.facilities.length}）`, A.facilityChanges) : null,
    delta ? late("s-people", A.w("panel_people"), () => A.peopleChanges(() => true)) : null,
    late("s-gaps", A.w("panel_gaps") + `（${g.id.length}）`, gaps),
    late("s-facilities", A.w("panel_facilities") + `（${f.name.length}）`, A.facilityList),
    late("s-residents", A.w("panel_residents") + `（${A.data.residents.population.length}）`, A.residentList),
    late("s-coverage", A.w("panel_coverage"), A.coverageTable),
    section("s-about", A.w("panel_about"), false, A.about()));
  A.fillVerdicts = () => A.fill(verdicts, delta ? A.differenceTable() : A.verdictTable());
  A.fillVerdicts();
};

// Whether the filters leave a row of the smaller tables: service, township and island.
A.listed = (category, township, island) => {
  const { service, island: only } = A.state, keys = service.split("+"), code = A.data.townships.code[township];
  return (!service || keys.includes((A.data.categories[category] || {}).id)) && (!only || (island === null ? A.townshipsOn(only).has(code) : island === only));
};

A.facilityList = () => {
  const f = A.data.facilities;
  return A.list(A.w("panel_facilities"), [A.w("name"), A.w("service"), A.w("township"), A.w("status"), A.w("capacity")], f.name.flatMap((name, i) => (A.listed(f.category[i], f.township[i], f.island[i]) ? [{
    choose: () => A.goFacility(i),
    cells: [A.el("bdi", {}, name), (A.data.categories[f.category[i]] || {}).name, A.data.townships.name[f.township[i]] || "–", A.named("status_", f.status[i]), A.number(f.capacity[i])],
  }] : [])));
};

// Every place where people live with its minutes, a page at a time.
const PAGE = 200;
A.residentList = () => {
  const r = A.data.residents, box = A.el("div", {}), kept = r.population.map((p, i) => i).filter((i) => !A.state.island || r.island.values[r.island.at[i]] === A.state.island);
  const chosen = A.data.categories.map((c, k) => k).filter((k) => !A.state.service || A.state.service.split("+").includes(A.data.categories[k].id));
  const show = (start) => A.fill(box, A.list(A.w("panel_residents"), [A.w("township"), A.w("village"), A.w("island"), A.data.area.unit, ...chosen.map((k) => A.data.categories[k].name)], kept.slice(start, start + PAGE).map((i) => ({
    choose: () => A.goResident(i),
    cells: [A.data.townships.name[r.township[i]] || "–", A.data.villages.name[r.village[i]] || "–", r.island.values[r.island.at[i]] || A.w("at_sea"), A.number(r.population[i], 1),
      ...chosen.map((k) => (r.minutes[k][i] < 0 ? A.named("reason_", r.reasons[-1 - r.minutes[k][i]]) : A.minutes(r.minutes[k][i])))],
  }))), kept.length > PAGE ? A.el("p", { class: "row" },
    A.el("button", { type: "button", disabled: start === 0, on: { click: () => show(start - PAGE) } }, A.w("page_back")),
    A.w("page_of", { from: start + 1, to: Math.min(start + PAGE, kept.length), all: kept.length }),
    A.el("button", { type: "button", disabled: start + PAGE >= kept.length, on: { click: () => show(start + PAGE) } }, A.w("page_on"))) : "");
  show(0);
  return box;
};

A.opening = (node, act) => { node.addEventListener("toggle", () => { if (node.open) setTimeout(act, 30); }); return node; };

// A section whose table is built when first opened, and again when a filter changes.
A.lateSections = new Map();
A.late = (node, build) => {
  const box = node.lastElementChild;
  const fill = () => {
    if (!node.open || box.firstChild) return;
    box.append(build());
    if (!box.querySelector("[tabindex='0'],select,button")) Object.assign(box, { tabIndex: 0, role: "region", ariaLabel: node.firstElementChild.textContent });
  };
  node.addEventListener("toggle", fill);
  fill();
  A.lateSections.set(node.id, () => { box.replaceChildren(); fill(); });
  return node;
};

// The whole of coverage.csv and its two companions.
A.coverageTable = () => {
  const box = A.el("div", {}), heads = (kind) => [A.w(kind), ...["service", "group", "walker", "limit", "covered", "population", "share"].map((n) => A.w(n))];
  const wanted = (t, i) => A.listed(t.category[i], -1, A.state.island) && (!A.state.island || (t.kind === "island" ? t.place[i] === A.state.island : t.kind === "village" || A.townshipsOn(A.state.island).has(t.code[i])));
  const show = (kind) => {
    const t = A.data.coverage.find((table) => table.kind === kind);
    const place = (i) => (t.place[i] || A.township(t.code[i]));
    A.fill(box, A.list(A.w("panel_coverage"), heads(kind === "variant" ? "township" : kind), t.code.flatMap((code, i) => (!wanted(t, i) ? [] : [{ cells: [
      A.el("bdi", {}, place(i)), (A.data.categories[t.category[i]] || {}).name, A.named("group_", t.group[i]), A.named("walker_", t.profile[i]), A.number(t.limit_min[i]),
      A.number(t.covered[i], 1), A.number(t.population[i], 1), A.percent(t.share[i])] }]))));
  };
  show("township");
  return A.el("div", {}, A.el("select", { "aria-label": A.w("coverage_of"), on: { change: (e) => show(e.target.value) } },
    A.data.coverage.map((t) => A.el("option", { value: t.kind }, A.w("coverage_" + t.kind)))), box);
};

A.about = () => {
  const a = A.data.area;
  return [A.definitions([
    [A.w("about_area"), `${a.name}（${a.id}）`], [A.w("about_as_of"), a.asOf], [A.w("about_run"), a.run], [A.w("about_crs"), a.crs],
    [A.w("about_limit"), A.w("legend_within", { n: a.limit })], [A.w("about_walkers"), A.data.categories.map((c) => `${c.name}：${c.walker}（${c.speed} m/s）`).join("；")],
    [A.w("about_status"), a.demonstration ? A.w("demonstration_line") : A.w("status_real")], [A.w("about_review"), a.review || A.w("internal")],
    [A.w("about_credits"), a.credits.join("；")]]), A.el("p", { class: "soft" }, A.w("about_method"))];
};

const buildMap = (view) => {
  const map = A.map = circles_map;
  const box = map.getContainer();
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", A.w("map_label"));
  box.tabIndex = -1;
  if (map.attributionControl) map.attributionControl.setPrefix("Leaflet");
  L.control.zoom({ position: "topright", zoomInTitle: A.w("zoom_in"), zoomOutTitle: A.w("zoom_out") }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  A.tip = A.el("div", { id: "tip", hidden: true });
  const list = A.el("ul", {}), status = A.el("div", { id: "status" }, A.statusLine());
  const legend = A.el("details", { id: "legend", open: innerWidth > 700 }, A.el("summary", {}, A.w("legend")), list);
  document.body.append(A.el("div", { id: "foot", role: "region", "aria-label": A.w("legend") }, legend, status));
  box.append(A.tip, A.north());
  A.fill(list, A.legendEntries(A.state));
  A.baseTiles(map);
  map.invalidateSize({ animate: false });
  new ResizeObserver(() => map.invalidateSize({ animate: false, pan: false })).observe(box);
  if (A.data.area.demonstration) box.append(A.el("div", { id: "banner" }, A.w("demonstration")));
  const sheets = [["base", A.paintBase, 210, 1], ["areas", A.paintAreas, 220, 0.72], ["top", A.paintTop, 230, 1]].map(([name, paint, z, opacity]) => {
    const pane = map.createPane(name);
    Object.assign(pane.style, { zIndex: z, opacity, pointerEvents: "none" });
    return new Sheet(paint, { pane: name, padding: 0.15 });
  });
  if (view) map.setView([view[1], view[2]], view[0], { animate: false });
  else A.goAll();
  for (const sheet of sheets) sheet.addTo(map);
  A.sheets = sheets;
  let waiting = 0;
  A.redraw = () => { waiting = 0; for (const sheet of sheets) { sheet._clear(); sheet._draw(); } };
  A.listeners.push((state) => {
    if (!waiting) waiting = requestAnimationFrame(A.redraw);
    A.syncLayers(state);
    A.syncFilters(state);
    A.syncCells(state);
    A.fill(status, A.statusLine());
    A.fill(list, A.legendEntries(state));
  });
  map.on("moveend", A.writeHash);
  map.on("click", A.click);
  map.on("mousemove", A.hover);
};

A.syncCells = (state) => {
  for (const td of document.querySelectorAll("#verdict-table td.cell")) {
    const chosen = Boolean(state.cell) && td.dataset.code === state.cell[0] && td.dataset.key === state.cell[1];
    td.classList.toggle("chosen", chosen);
    td.setAttribute("aria-selected", String(chosen));
  }
};

let filtered = "";
A.syncFilters = (state) => {
  const now = [state.service, state.verdict, state.island].join("|");
  if (now === filtered) return;
  filtered = now;
  for (const name of ["service", "verdict", "island"]) { const box = document.getElementById("filter-" + name); if (box) box.value = state[name]; }
  A.fillVerdicts();
  for (const refill of A.lateSections.values()) refill();
};

// 天地图 under everything, where the area file carries a key; where it does not come, our own land is there all the same.
A.baseTiles = (map) => {
  const key = A.data.area.tianditu;
  if (!key) return;
  const pane = map.createPane("tiles-of-others");
  Object.assign(pane.style, { zIndex: 215, mixBlendMode: "multiply", pointerEvents: "none" });
  const layers = ["vec", "cva"].map((name) => L.tileLayer(A.data.area.tiles, { pane: "tiles-of-others", subdomains: "01234567", maxNativeZoom: 18, maxZoom: 19, layer: name, key: encodeURIComponent(key) }));
  const sync = (state) => layers.forEach((layer) => { if (state.on.tianditu) layer.addTo(map); else layer.remove(); });
  A.listeners.push(sync);
};

A.defaults();
const startView = A.readHash();
A.use(A.state.side);
A.buildPanel();
buildMap(startView);
A.set({});
A.reopen(startView);
addEventListener("hashchange", () => {
  const was = A.state.side, view = A.readHash();
  if (A.state.side !== was) { A.use(A.state.side); A.buildPanel(); }
  if (view) A.map.setView([view[1], view[2]], view[0], { animate: false });
  A.set({});
  A.reopen(view);
});
if (location.hash.includes("print=1")) A.preparePrint();
window.circles_atlas = A;
A.readyMs = performance.now();
document.documentElement.dataset.ready = "yes";
