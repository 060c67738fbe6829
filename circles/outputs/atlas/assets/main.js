// Putting the page together.
const Sheet = L.Canvas.extend({
  initialize(paint, options) { L.Canvas.prototype.initialize && L.Canvas.prototype.initialize.call(this, options); L.setOptions(this, options); this.paint = paint; },
  _draw() {
    if (!this._ctx || !this._bounds || !this._map) return;
    const zoom = this._map.getZoom(), origin = this._map.getPixelOrigin(), b = this._bounds;
    this._ctx.save();
    this._ctx.beginPath();
    this.paint(this._ctx, A.view(zoom, origin.x, origin.y, b.min.x, b.min.y, b.max.x, b.max.y), A.state);
    this._ctx.restore();
  },
});

A.view = (zoom, ox, oy, left, top, right, bottom) => {
  const k = 256 * 2 ** zoom;
  return { zoom, k, ox, oy, w: (left + ox) / k, n: (top + oy) / k, e: (right + ox) / k, s: (bottom + oy) / k };
};

const section = (id, title, open, ...content) => A.el("details", { id, open }, A.el("summary", {}, A.el("h2", {}, title)), content);

const buildPanel = () => {
  const a = A.data.area, panel = document.getElementById("panel"), f = A.data.facilities, g = A.data.gaps;
  const verdicts = A.el("div", { class: "scroll", id: "verdict-table" });
  const filter = A.el("select", { "aria-label": A.w("filter"), on: { change: (e) => A.fill(verdicts, A.verdictTable(e.target.value)) } },
    ["", "not_met", "no_data", "met"].map((v) => A.el("option", { value: v }, v ? A.verdictText(v) : A.w("filter_all"))));
  const facilities = () => A.list(A.w("panel_facilities"), [A.w("name"), A.w("service"), A.w("township"), A.w("status"), A.w("capacity")], f.name.map((name, i) => ({
    choose: () => A.goFacility(i),
    cells: [A.el("bdi", {}, name), (A.data.categories[f.category[i]] || {}).name, A.data.townships.name[f.township[i]] || "–", A.named("status_", f.status[i]), A.number(f.capacity[i])],
  })));
  const gaps = () => A.list(A.w("panel_gaps"), A.gapHeads(), g.id.map((id, i) => A.gapRow(i)));
  A.fill(panel,
    A.el("header", {}, A.el("h1", {}, A.w("title", { area: a.name })), a.demonstration ? A.el("p", { class: "demo" }, A.w("demonstration_line")) : null),
    A.el("div", { class: "tools" }, A.searchBox(), A.jumpBox()),
    section("s-verdicts", A.w("panel_verdicts"), true, a.demonstration ? A.el("p", { class: "soft" }, A.w("demonstration_verdict")) : null,
      A.el("p", { class: "row" }, filter, A.el("span", { class: "soft" }, A.w("worst_first"))), verdicts),
    A.el("section", { id: "detail", hidden: true, "aria-live": "polite" }),
    section("s-layers", A.w("panel_layers"), false, A.layerPanel()),
    A.data.walked ? section("s-draft", A.w("panel_draft"), false, A.draftPanel()) : null,
    A.late("s-gaps", A.w("panel_gaps") + `（${g.id.length}）`, gaps),
    A.late("s-facilities", A.w("panel_facilities") + `（${f.name.length}）`, facilities),
    A.late("s-coverage", A.w("panel_coverage"), A.coverageTable),
    section("s-about", A.w("panel_about"), false, A.about()));
  A.fill(verdicts, A.verdictTable(""));
  A.listeners.push((state) => {
    for (const td of verdicts.querySelectorAll("td.cell")) {
      const chosen = Boolean(state.cell) && td.dataset.code === state.cell[0] && td.dataset.key === state.cell[1];
      td.classList.toggle("chosen", chosen);
      td.setAttribute("aria-selected", String(chosen));
    }
  });
};

// A section whose table is built when first opened.
A.late = (id, title, build) => {
  const box = A.el("div", { class: "scroll" });
  const node = section(id, title, false, box);
  node.addEventListener("toggle", () => { if (node.open && !box.firstChild) box.append(build()); });
  return node;
};

// The whole of coverage.csv and its two companions.
A.coverageTable = () => {
  const box = A.el("div", {}), heads = (kind) => [A.w(kind), ...["service", "group", "walker", "limit", "covered", "population", "share"].map((n) => A.w(n))];
  const show = (kind) => {
    const t = A.data.coverage.find((table) => table.kind === kind);
    const place = (i) => (t.place[i] || A.township(t.code[i]));
    A.fill(box, A.list(A.w("panel_coverage"), heads(kind === "variant" ? "township" : kind), t.code.map((code, i) => ({ cells: [
      A.el("bdi", {}, place(i)), (A.data.categories[t.category[i]] || {}).name, A.named("group_", t.group[i]), A.named("walker_", t.profile[i]), A.number(t.limit_min[i]),
      A.number(t.covered[i], 1), A.number(t.population[i], 1), A.percent(t.share[i])] }))));
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
  document.body.append(A.el("div", { id: "foot" }, legend, status));
  box.append(A.tip, A.north());
  A.fill(list, A.legendEntries(A.state));
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
    A.fill(list, A.legendEntries(state));
  });
  map.on("moveend", A.writeHash);
  map.on("click", A.click);
  map.on("mousemove", A.hover);
};

A.defaults();
const startView = A.readHash();
buildPanel();
buildMap(startView);
A.set({});
if (A.state.cell) A.showDetail(A.cellDetail(...A.state.cell));
addEventListener("hashchange", () => {
  const view = A.readHash();
  if (view) A.map.setView([view[1], view[2]], view[0], { animate: false });
  A.set({});
});
if (location.hash.includes("print=1")) A.preparePrint();
window.circles_atlas = A;
document.documentElement.dataset.ready = "yes";
