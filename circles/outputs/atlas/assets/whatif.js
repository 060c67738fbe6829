// What if: a draft facility put on a street, or one left out, and who gains or loses it; walked with the program's seconds.
A.draft = { added: [], removed: new Set(), placing: false, category: -1, before: new Map() };

// The point of the nearest street to a place of the map, as a joined place without a leg.
A.snap = (latlng, walker) => {
  const x = toX(latlng.lng), y = toY(latlng.lat), s = A.shapes.streets, [forward, backward] = A.walked().seconds[walker];
  const reach = A.draftReach * 360 / 40075016.686 / Math.cos(latlng.lat * Math.PI / 180) / 360;
  let best = reach * reach, found = null;
  for (let e = 0; e < forward.length; e++) {
    const b = s.box;
    if (x < b[4 * e] - reach || x > b[4 * e + 2] + reach || y < b[4 * e + 1] - reach || y > b[4 * e + 3] + reach) continue;
    if (!Number.isFinite(forward[e]) && !Number.isFinite(backward[e])) continue;
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
A.draftReach = 200;

// Seconds of every resident to the nearest of `places`.
A.everybody = (c, places) => {
  const w = A.data.walked.walkers[c], joined = A.walked().residents[w], spread = A.spread(w, places, A.data.area.horizon * 60);
  return Float64Array.from(joined.edge, (edge, i) => A.secondsAt(w, spread, places, A.placeOf(joined, i)).s);
};

A.counted = (c) => {
  const f = A.data.facilities, joined = A.walked().facilities[A.data.walked.walkers[c]];
  return f.id.map((id, i) => i).filter((i) => f.category[i] === c && f.counted[i] && joined.edge[i] >= 0);
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
      button(A.w("draft_place"), () => { d.placing = !d.placing; A.map.getContainer().style.cursor = d.placing ? "crosshair" : ""; A.fill(d.box, A.draftControls()); }, d.placing),
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
  const c = A.state.circle, place = c < 0 ? null : A.snap(latlng, A.data.walked.walkers[c]);
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
  const { result, added } = A.draft, { x, y } = A.shapes.residents;
  if (result) {
    result.changed.forEach((change, i) => {
      if (!change || x[i] < v.w || x[i] > v.e || y[i] < v.n || y[i] > v.s) return;
      const px = x[i] * v.k - v.ox, py = y[i] * v.k - v.oy, r = v.zoom < 13 ? 3 : 5;
      ctx.beginPath();
      ctx.arc(px, py, r, 0, 7);
      ctx.fillStyle = change > 0 ? "#0b5cad" : "#b2182b";
      ctx.fill();
      ctx.strokeStyle = "#fff";
      ctx.lineWidth = 1.4;
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(px - r + 1.5, py); ctx.lineTo(px + r - 1.5, py);
      if (change > 0) { ctx.moveTo(px, py - r + 1.5); ctx.lineTo(px, py + r - 1.5); }
      ctx.stroke();
    });
  }
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
  A.listeners.push(() => {
    if (A.draft.category >= 0 && A.draft.category !== A.state.circle) { A.draft.category = A.state.circle; A.draft.removed.clear(); A.draft.result = null; if (A.draft.added.some((p) => p.category === A.state.circle)) A.draft.result = A.compare(); }
    A.fill(A.draft.box, A.draftControls());
  });
  return A.draft.box;
};
