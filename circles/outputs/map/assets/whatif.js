// What if: a draft facility put on a street, or one left out, and who gains or loses it; walked with the program's seconds.
const DRAFT_REACH_M = 200;
A.draft = { added: [], removed: new Set(), placing: false, category: -1, before: new Map(), result: null };

// Seconds of every resident to the nearest of `places`.
A.everybody = (c, places) => {
  const w = A.data.walked.walkers[c], joined = A.walked().residents[w], spread = A.spread(w, places, A.data.area.horizon * 60);
  return Float64Array.from(joined.edge, (edge, i) => A.secondsAt(w, spread, places, A.placeOf(joined, i)).s);
};

A.counted = (c) => {
  const f = A.data.facilities, joined = A.walked().facilities[A.data.walked.walkers[c]];
  return f.id.map((id, i) => i).filter((i) => f.category[i] === c && f.counted[i] && joined.edge[i] >= 0);
};

// Walks today's state ahead of the first question, so that the answer itself comes at once.
A.warmDraft = () => {
  const c = A.state.circle, d = A.draft;
  if (c < 0 || !A.data.walked || d.before.has(c)) return;
  const joined = A.walked().facilities[A.data.walked.walkers[c]];
  d.before.set(c, A.everybody(c, A.counted(c).map((i) => A.placeOf(joined, i))));
};

// People who come within the limit, and who no longer are, per township, for the draft.
A.compare = () => {
  const c = A.draft.category, w = A.data.walked.walkers[c], joined = A.walked().facilities[w], all = A.counted(c), limit = A.data.area.limit * 60 + 1e-3;
  const before = A.draft.before.get(c) || A.everybody(c, all.map((i) => A.placeOf(joined, i)));
  A.draft.before.set(c, before);
  const places = [...all.filter((i) => !A.draft.removed.has(i)).map((i) => A.placeOf(joined, i)), ...A.draft.added.filter((p) => p.category === c)];
  const after = A.everybody(c, places), r = A.data.residents, towns = new Map();
  let gained = 0, lost = 0;
  const changed = new Int8Array(after.length);
  after.forEach((s, i) => {
    const was = before[i] <= limit, is = s <= limit;
    if (was === is) return;
    const people = r.population[i] || 0, town = towns.get(r.township[i]) || [0, 0];
    changed[i] = is ? 1 : -1;
    if (is) { gained += people; town[0] += people; } else { lost += people; town[1] += people; }
    towns.set(r.township[i], town);
  });
  return { gained, lost, towns, changed, after };
};

A.draftChanged = () => {
  const d = A.draft;
  if (d.category < 0 || (!d.added.some((p) => p.category === d.category) && !d.removed.size)) { d.result = null; A.redraw(); A.fill(d.box, A.draftControls()); return; }
  d.result = A.compare();
  A.redraw();
  A.fill(d.box, A.draftControls());
};

// The draft as rows for `facilities`: planned, so that nothing counts before somebody says so.
A.draftRows = () => {
  const cell = (text) => { const t = String(text); return /[",\r\n]/.test(t) ? `"${t.replaceAll('"', '""')}"` : t; };
  const rows = A.draft.added.map((p, i) => [`draft-${i + 1}`, A.w("draft_name", { n: i + 1 }), A.data.categories[p.category].id,
    ((p.x - 0.5) * 360).toFixed(7), toLat(p.y).toFixed(7), "planned", A.w("draft_source", { run: A.data.area.run })]);
  return [["id", "name", "category", "lon", "lat", "status", "source"], ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
};

A.saveDraft = () => {
  const link = A.el("a", { href: "data:text/csv;charset=utf-8," + encodeURIComponent("\ufeff" + A.draftRows()), download: `${A.data.area.id}-draft.csv` });
  link.click();
};

A.draftControls = () => {
  const d = A.draft, button = (text, click, on) => A.el("button", { type: "button", "aria-pressed": on === undefined ? undefined : String(on), on: { click } }, text);
  const c = A.state.circle, f = A.data.facilities, chosen = A.state.facility;
  if (c < 0) return [A.el("p", {}, A.w("draft_choose"))];
  const name = (t) => A.data.townships.name[t] || A.w("township_NONE");
  return [
    A.el("p", { class: "soft" }, A.w("draft_hint", { service: A.data.categories[c].name })),
    A.el("p", { class: "row" },
      button(A.w("draft_place"), () => { d.placing = !d.placing; setTimeout(A.warmDraft, 30); A.map.getContainer().style.cursor = d.placing ? "crosshair" : ""; A.fill(d.box, A.draftControls()); }, d.placing),
      chosen >= 0 && f.category[chosen] === c && f.counted[chosen] ? button(A.w(d.removed.has(chosen) ? "draft_restore" : "draft_remove", { name: f.name[chosen] }), () => {
        d.category = c;
        if (!d.removed.delete(chosen)) d.removed.add(chosen);
        A.draftChanged();
      }) : "",
      d.added.length || d.removed.size ? button(A.w("draft_clear"), () => { d.added = []; d.removed.clear(); A.draftChanged(); }) : "",
      d.added.length ? button(A.w("draft_save"), A.saveDraft) : ""),
    d.result ? [
      A.el("p", { "aria-live": "polite" }, A.el("b", { class: "gain" }, "＋ " + A.w("draft_gained", { n: A.people(d.result.gained) })), "　", A.el("b", { class: "loss" }, "－ " + A.w("draft_lost", { n: A.people(d.result.lost) }))),
      d.result.towns.size ? A.list(A.w("panel_draft"), [A.w("township"), A.w("draft_gain"), A.w("draft_loss")],
        [...d.result.towns].sort((a, b) => a[0] - b[0]).map(([t, [plus, minus]]) => ({ cells: [name(t), A.number(plus, 1), A.number(minus, 1)] }))) : "",
      A.el("p", { class: "soft" }, A.w("draft_note")),
    ] : "",
  ];
};

A.placing = (latlng) => {
  const d = A.draft;
  if (!d.placing) return false;
  const c = A.state.circle, place = c < 0 ? null : A.snap(latlng, A.data.walked.walkers[c], DRAFT_REACH_M);
  if (place) {
    if (d.category !== c) { d.category = c; d.removed.clear(); }
    d.added.push({ ...place, category: c });
    d.placing = false;
    A.draftChanged();
  }
  return true;
};

// Residents who gain (blue, plus) and lose (red, minus), and the draft places (black ring).
A.paintDraft = (ctx, v) => {
  const { result, added } = A.draft;
  if (result) A.paintSigns(ctx, v, result.changed);
  for (const place of added) {
    const px = place.x * v.k - v.ox, py = place.y * v.k - v.oy;
    A.symbol(ctx, place.category, "planned", px, py, 9);
    A.outline(ctx, "circle", px, py, 15);
    ctx.strokeStyle = "#000";
    ctx.lineWidth = 2.5;
    ctx.stroke();
  }
};

A.draftPanel = () => {
  A.draft.box = A.el("div", {});
  A.fill(A.draft.box, A.draftControls());
  return A.draft.box;
};

A.listeners.push(() => {
  const d = A.draft;
  if (!d.box) return;
  if (d.category >= 0 && d.category !== A.state.circle) { d.category = A.state.circle; d.removed.clear(); d.result = d.added.some((p) => p.category === A.state.circle) ? A.compare() : null; }
  A.fill(d.box, A.draftControls());
});
