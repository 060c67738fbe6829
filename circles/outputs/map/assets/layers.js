// Switches, legend and the line of facts under the map.
const isDifference = () => A.state.side === "difference";
const toggle = (layer, text, sign) => A.el("label", {}, A.el("input", {
  type: "checkbox", checked: A.state.on[layer], "data-layer": layer,
  on: { change: (event) => { A.state.on[layer] = event.target.checked; A.set({}); } },
}), sign || "", text);

const groupBox = (title, ...children) => A.el("fieldset", {}, A.el("legend", {}, title), children);

A.layerPanel = () => {
  const cs = A.data.categories, symbol = (i) => A.sign((ctx, w, h) => A.symbol(ctx, i, "existing", w / 2, h / 2, 6));
  const radio = (i, text) => A.el("label", {}, A.el("input", { type: "radio", name: "circle", value: i, checked: A.state.circle === i, on: { change: () => A.showService(i) } }), text);
  return [
    groupBox(A.w("group_circles"), cs.map((c, i) => radio(i, `${c.name}（${c.walker}）`)), radio(-1, A.w("none"))),
    groupBox(A.w("group_facilities"), cs.map((c, i) => toggle("facility." + i, c.name, symbol(i)))),
    groupBox(A.w("group_gaps"), cs.map((c, i) => toggle("gap." + i, c.name))),
    groupBox(A.w("group_verdicts"), toggle("verdicts", A.w("layer_verdicts"))),
    groupBox(A.w("group_base"), A.data.area.tianditu ? toggle("tianditu", A.w("layer_tianditu")) : "", A.data.area.boundaries ? toggle("boundaries", A.w("layer_boundaries")) : "",
      ["streets", "residents", "names"].map((n) => toggle(n, A.w("layer_" + n)))),
  ];
};

A.syncLayers = (state) => {
  for (const box of document.querySelectorAll("input[data-layer]")) box.checked = state.on[box.dataset.layer];
  for (const box of document.querySelectorAll("input[name=circle]")) box.checked = Number(box.value) === state.circle;
};

const entry = (sign, text) => A.el("li", {}, sign, A.el("span", {}, text));
const patch = (colour) => A.sign((ctx, w, h) => { ctx.fillStyle = colour; ctx.fillRect(2, 3, w - 4, h - 6); ctx.strokeStyle = "#555"; ctx.strokeRect(2, 3, w - 4, h - 6); });

const stripes = (colour, stripe, back) => A.sign((ctx, w, h) => {
  ctx.fillStyle = colour; ctx.fillRect(2, 3, w - 4, h - 6);
  if (stripe) { ctx.fillStyle = hatch(ctx, stripe, back); ctx.fillRect(2, 3, w - 4, h - 6); }
  ctx.strokeStyle = "#555"; ctx.strokeRect(2, 3, w - 4, h - 6);
});

const differenceEntries = (c) => [
  ...(c ? [A.el("li", { class: "head" }, A.w("legend_difference", { service: c.name, walker: c.walker, n: A.data.area.limit }))] : []),
  entry(stripes("#8fc1f2", INK.gain, false), A.w("legend_area_gain")), entry(stripes("#f3a6a6", INK.loss, true), A.w("legend_area_loss")), entry(stripes("#c9ccd0", ""), A.w("legend_area_same")),
  entry(A.sign((ctx, w, h) => A.changeMark(ctx, 1, w / 2, h / 2, 6)), A.w("legend_people_gain")), entry(A.sign((ctx, w, h) => A.changeMark(ctx, -1, w / 2, h / 2, 6)), A.w("legend_people_loss")),
];

A.legendEntries = (state) => {
  const { categories, area, facilities } = A.data, list = [];
  const statuses = ["example", "under_construction", "planned", "closed"].filter((s) => facilities.status.includes(s));
  categories.forEach((c, i) => { if (state.on["facility." + i]) list.push(entry(A.sign((ctx, w, h) => A.symbol(ctx, i, "existing", w / 2, h / 2, 6)), c.name)); });
  for (const s of statuses) list.push(entry(A.sign((ctx, w, h) => A.symbol(ctx, 0, s, w / 2, h / 2, 6)), A.named("status_", s)));
  const c = categories[state.circle];
  if (isDifference()) return [...list, ...differenceEntries(c)];
  if (c) {
    const own = state.facility >= 0 && A.data.walked ? A.data.facilities.name[state.facility] : "";
    list.push(A.el("li", { class: "head" }, own ? A.w("legend_own", { name: own, walker: c.walker }) : A.w("legend_circle", { service: c.name, walker: c.walker })));
    const limits = own ? A.data.facilities.inside.limits : [...new Set(A.data.serviceAreas.limit.filter((l, i) => A.data.serviceAreas.category[i] === state.circle))].sort((a, b) => a - b);
    for (const limit of limits.length ? limits : area.breaks) list.push(entry(patch(A.breakColour(limit)), A.w("legend_within", { n: limit })));
  }
  if (categories.some((k, i) => state.on["gap." + i])) {
    list.push(entry(A.sign((ctx, w, h) => {
      ctx.strokeStyle = INK.gap; ctx.lineWidth = 6; ctx.beginPath(); ctx.moveTo(1, h / 2); ctx.lineTo(w - 1, h / 2); ctx.stroke();
      ctx.setLineDash([2, 4]); ctx.strokeStyle = "#fff"; ctx.lineWidth = 3; ctx.stroke();
    }), A.w("legend_gap", { n: area.limit })));
    list.push(entry(A.sign((ctx, w, h) => {
      ctx.strokeStyle = INK.gap; ctx.lineWidth = 2; ctx.beginPath();
      ctx.moveTo(w / 2 - 4, h / 2 - 4); ctx.lineTo(w / 2 + 4, h / 2 + 4); ctx.moveTo(w / 2 - 4, h / 2 + 4); ctx.lineTo(w / 2 + 4, h / 2 - 4); ctx.stroke();
    }), A.w("legend_unjoined")));
  }
  if (state.on.verdicts) {
    list.push(A.el("li", { class: "head" }, A.w("group_verdicts")));
    for (const v of ["met", "not_met", "no_data"]) list.push(entry(A.badge(v), A.verdictText(v)));
  }
  return list;
};

// OpenStreetMap's credit in its short form; the whole text stands under 'about'.
A.shortCredits = () => [...new Set(A.data.area.credits.map((c) => (c.includes("OpenStreetMap") ? "© OpenStreetMap contributors (ODbL)" : c)))];

A.statusLine = () => {
  const a = A.data.area;
  return [
    a.demonstration ? A.el("b", {}, A.w("demonstration") + " · ") : null,
    [A.w("as_of", { date: a.asOf }), A.worlds.before ? A.w("runs", { before: A.worlds.before.area.run || "–", after: A.worlds.after.area.run || "–" }) : A.w("run", { run: a.run || "–" }), a.crs, a.review ? A.w("review", { number: a.review }) : A.w("internal"), ...(A.state.on.tianditu ? [A.w("tianditu_credit")] : []), ...A.shortCredits()].join(" · "),
  ];
};

A.north = () => A.el("div", { id: "north", role: "img", "aria-label": A.w("north") }, A.sign((ctx, w, h) => {
  ctx.beginPath(); ctx.moveTo(w / 2, 1); ctx.lineTo(w - 5, h - 2); ctx.lineTo(w / 2, h - 8); ctx.lineTo(5, h - 2); ctx.closePath();
  ctx.fillStyle = "#222"; ctx.fill();
}, 28, 28), A.el("span", { "aria-hidden": "true" }, A.w("north_short")));
