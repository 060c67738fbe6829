// 现状, 方案 and 差值: two states of the same area and what changed between them, as the program computed it.
A.use = (side) => {
  const world = side === "before" && A.worlds.before ? A.worlds.before : A.worlds.after;
  if (world === A.data) return;
  const facility = A.state.facility >= 0 ? A.data.facilities.id[A.state.facility] : "";
  A.data = world;
  A.shapes = A.shapesOf(world);
  A.spots = A.allSpots = null;
  A.way = null;
  Object.assign(A.draft, { added: [], removed: new Set(), placing: false, category: -1, before: new Map(), result: null });
  Object.assign(A.state, { gap: -1, facility: world.facilities.id.indexOf(facility) });
};

A.sideSwitch = () => A.el("fieldset", { class: "sides" }, A.el("legend", { class: "away" }, A.w("side")), ["before", "after", "difference"].map((side) => A.el("label", {},
  A.el("input", { type: "radio", name: "side", value: side, checked: A.state.side === side, on: { change: () => A.chooseSide(side) } }), A.w("side_" + side))));

A.chooseSide = (side) => {
  A.use(side);
  A.state.side = side;
  A.map.closePopup();
  A.buildPanel();
  A.set({});
  document.querySelector(`input[name=side][value=${side}]`).focus();
};

const changes = new Map((A.difference ? A.difference.checks : []).map((row) => [row[0] + "|" + row[1], row]));

// What changed in one rule of a township: {before, after} rows of check.csv or null, change, sign.
A.changeOf = (code, rule) => {
  const [, , i, j, change, sign] = changes.get(code + "|" + rule) || [code, rule, -1, -1, null, 0];
  return { before: i < 0 ? null : A.worlds.before.verdicts.checks[i], after: j < 0 ? null : A.worlds.after.verdicts.checks[j], change, sign };
};

A.sizeOfChange = (check, change) => {
  const rule = A.data.verdicts.rules[check.rule_id] || {}, size = Math.abs(change) * (rule.isShare ? 100 : 1);
  if (size < 1e-9) return A.w("change_same");
  const text = rule.isShare ? (size < 0.1 ? "<0.1" : size.toFixed(1)) : A.number(size, 2);
  return (change > 0 ? "+" : "−") + text + (rule.isShare ? A.w("points_of_percent") : "");
};

const side = (check) => (check ? A.value(check) : "–");
const word = (check) => (check ? A.verdictText(check.verdict) : A.w("change_absent"));
A.changeSign = (sign) => A.el("span", { class: "badge " + (sign > 0 ? "up" : sign < 0 ? "down" : "same"), "aria-hidden": "true" }, sign > 0 ? "▲" : sign < 0 ? "▼" : "=");
A.changeWord = (sign) => A.w(sign > 0 ? "change_gain" : sign < 0 ? "change_loss" : "change_same");

// +1, -1 or 0 for a township: what happened to the chosen service's worst rule, else to all rules together.
A.townshipChange = (code, state) => {
  const column = A.data.verdicts.columns.find((c) => state.cell && c.key === state.cell[1]);
  const signs = A.difference.checks.filter((row) => row[0] === code && row[5] && (!column || A.changeCategory(row) === column.key)).map((row) => row[5]);
  return signs.includes(-1) ? -1 : signs.length ? 1 : 0;
};
A.changeCategory = ([, , i, j]) => (j >= 0 ? A.worlds.after.verdicts.checks[j] : A.worlds.before.verdicts.checks[i]).category;

A.differenceTable = () => {
  const { columns, rows, checks } = A.data.verdicts, shown = A.shownColumns();
  const body = A.shownRows().map((row) => A.el("tr", { role: "row" }, A.el("th", { scope: "row" }, row.name), shown.map((column) => {
    const at = columns.indexOf(column), first = row.cells[at].length ? checks[row.cells[at][0]] : null;
    if (!first) return A.tableCell(row.code, column.key, "same", "–", `${row.name} ${column.name} –`);
    const { before, after, change, sign } = A.changeOf(row.code, first.rule_id), size = change === null ? "" : A.sizeOfChange(first, change), short = size.replace(A.w("points_of_percent"), "");
    const turned = before && after && before.verdict !== after.verdict ? `${word(before)} → ${word(after)}` : "";
    return A.tableCell(row.code, column.key, sign > 0 ? "up" : sign < 0 ? "down" : "same",
      [A.el("b", {}, A.changeSign(sign), " ", sign ? short : A.w("change_same")), A.el("small", {}, sign ? [side(before), " →", A.el("br"), side(after)] : side(after)), turned ? A.el("small", {}, A.el("b", {}, turned)) : ""],
      `${row.name} ${column.name} ${A.changeWord(sign)} ${size} ${side(before)} → ${side(after)} ${turned}`);
  })));
  const table = A.el("table", { class: "verdicts", role: "grid", "data-across": shown.length, "aria-label": A.w("panel_difference") },
    A.el("thead", {}, A.el("tr", { role: "row" }, A.el("th", { scope: "col" }, A.w("township")), shown.map((c) => A.el("th", { scope: "col" }, c.name)))), A.el("tbody", {}, body));
  A.roving(table, "td.cell");
  return table;
};

// Rows of the coverage that changed: people covered before and after, gained and lost.
A.peopleChanges = (wanted) => {
  const d = A.difference.coverage;
  return A.list(A.w("panel_people"), ["township", "service", "group", "side_before", "side_after", "draft_gain", "draft_loss"].map((n) => A.w(n)), d.code.flatMap((code, i) => (wanted(code, d.category[i]) ? [{
    cells: [A.township(code), A.data.categories[d.category[i]].name, A.named("group_", d.group[i]), A.number(d.before[i], 1), A.number(d.after[i], 1),
      d.gained[i] ? A.el("b", { class: "gain" }, "+" + A.number(d.gained[i], 1)) : "0", d.lost[i] ? A.el("b", { class: "loss" }, "−" + A.number(d.lost[i], 1)) : "0"],
  }] : [])));
};

A.differenceDetail = (code, key) => {
  const column = A.data.verdicts.columns.find((c) => c.key === key);
  const rows = A.difference.checks.filter((row) => row[0] === code && row[1] !== "overall" && (!key || A.changeCategory(row) === key));
  const c = A.data.categories.findIndex((item) => item.id === key);
  return [
    A.el("h3", {}, `${A.township(code)} · ${column ? column.all.join(" + ") : A.w("overall")} · ${A.w("side_difference")}`),
    A.list(A.w("panel_difference"), [A.w("rule"), A.w("side_before"), A.w("side_after"), A.w("side_difference")], rows.map((row) => {
      const { before, after, change, sign } = A.changeOf(code, row[1]), check = after || before, rule = A.data.verdicts.rules[row[1]] || {};
      const both = (one) => (one ? [side(one), " ", A.el("small", {}, `${A.number(one.numerator, 1)} / ${A.number(one.denominator, 1)} `), A.el("small", {}, word(one)), A.el("small", {}, " " + A.shortBy(one))] : "–");
      return { cells: [`${rule.measure || check.measure}（${A.w("threshold")} ${rule.isShare ? A.percent(check.threshold) : A.number(check.threshold, 2)}）`, both(before), both(after),
        [A.changeSign(sign), " ", change === null ? "" : A.sizeOfChange(check, change), A.el("small", {}, " " + A.changeWord(sign))]] };
    })),
    A.peopleChanges((own, category) => own === code && (c < 0 || category === c)),
  ];
};

A.facilityChanges = () => {
  const found = A.difference.facilities;
  if (!found.length) return A.el("p", {}, A.w("change_no_facility"));
  return A.list(A.w("panel_changes"), [A.w("name"), A.w("service"), A.w("change")], found.map(([what, i, j]) => {
    const f = (j >= 0 ? A.worlds.after : A.worlds.before).facilities, k = j >= 0 ? j : i;
    return { choose: j >= 0 ? () => A.goFacility(j) : undefined, cells: [A.el("bdi", {}, f.name[k]), (A.data.categories[f.category[k]] || {}).name, A.w("facility_" + what)] };
  }));
};

// One line per service: people newly covered and lost in the whole area.
A.differenceSummary = () => {
  const d = A.difference.coverage;
  return [A.el("ul", { class: "plain" }, d.code.flatMap((code, i) => (code === "ALL" && d.group[i] === "population" ? [A.el("li", {}, A.data.categories[d.category[i]].name, "：",
    A.el("b", { class: d.gained[i] ? "gain" : "soft" }, "＋ " + A.w("draft_gained", { n: A.people(d.gained[i]) })), "　", A.el("b", { class: d.lost[i] ? "loss" : "soft" }, "－ " + A.w("draft_lost", { n: A.people(d.lost[i]) })))] : []))),
  A.difference.why.map((text) => A.el("p", { class: "soft" }, text))];
};

// Area reached in one state and not in the other, striped one way for gains and the other way for losses; grey: as before.
A.paintDifferenceAreas = (ctx, v, state) => {
  const id = A.data.categories[state.circle].id, limit = A.data.area.limit;
  const fill = (c, data) => {
    const own = data.categories.findIndex((k) => k.id === id), shape = A.unpack(data.serviceAreas.shape), { category, facility, limit: limits } = data.serviceAreas;
    c.beginPath();
    for (let i = 0; i < shape.count; i++) if (category[i] === own && facility[i] < 0 && limits[i] === limit && seen(shape, i, v)) trace(c, shape, i, v, true);
    c.fill("evenodd");
  };
  const { before, after } = A.worlds, { width, height } = ctx.canvas;
  const layer = (keep, cut, style) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const c = canvas.getContext("2d");
    c.setTransform(ctx.getTransform());
    c.fillStyle = "#000";
    fill(c, keep);
    c.globalCompositeOperation = "destination-out";
    if (cut) fill(c, cut);
    c.globalCompositeOperation = "source-in";
    c.setTransform(1, 0, 0, 1, 0, 0);
    for (const [colour, stripes, back] of [style]) {
      c.fillStyle = colour;
      c.fillRect(0, 0, width, height);
      c.globalCompositeOperation = "source-atop";
      if (stripes) { c.fillStyle = hatch(c, stripes, back); c.fillRect(0, 0, width, height); }
    }
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(canvas, 0, 0);
    ctx.restore();
  };
  layer(after, null, ["#c9ccd0", "", false]);
  layer(after, before, ["#8fc1f2", INK.gain, false]);
  layer(before, after, ["#f3a6a6", INK.loss, true]);
};

A.paintDifference = (ctx, v, state) => {
  if (state.circle >= 0) A.paintSigns(ctx, v, A.difference.changed[state.circle]);
  for (const [what, i, j] of A.difference.facilities) {
    const data = j >= 0 ? A.worlds.after : A.worlds.before, k = j >= 0 ? j : i, c = data.facilities.category[k], at = A.shapesOf(data).facilities;
    if (state.circle >= 0 && c !== state.circle) continue;
    const px = at.x[k] * v.k - v.ox, py = at.y[k] * v.k - v.oy, gain = ["added", "opened", "resized", "moved"].includes(what);
    if (j < 0) A.symbol(ctx, c, "closed", px, py, 7);
    A.outline(ctx, gain ? "circle" : "square", px, py, 15);
    ctx.strokeStyle = gain ? INK.gain : INK.loss;
    ctx.lineWidth = 3;
    ctx.stroke();
  }
};
