"use strict";
// The page computes no figure: it shows those of the data block. Texts reach it as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const say = data.words, months = data.months, n = months.length;
  const state = { month: n - 1, kind: 0, town: -1, row: null };
  const $ = (id) => document.getElementById(id);
  const make = (tag, options = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(options)) {
      if (key === "text") node.textContent = value;
      else if (key === "class") node.className = value;
      else node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };
  const svg = (tag, options) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(options)) node.setAttribute(key, value);
    return node;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
  const points = (x) => (x > 0 ? "+" : x < 0 ? "−" : "") + Math.abs(x * 100).toFixed(2);
  const amount = (x) => (x === null ? "–" : (Math.abs(x - Math.round(x)) < 1e-6 ? Math.round(x).toLocaleString("en") : x.toFixed(1)));
  const SIGN = { ...data.signs, "": data.signs.no_rule };
  const rowName = (row) => data.townships[row.town].name + " · " + data.kinds[row.kind].name;

  // --- small multiples --------------------------------------------------------------------------------------------
  const W = 240, H = 60, PAD = 6;
  const x = (i) => (n === 1 ? W / 2 : PAD + ((W - 2 * PAD) * i) / (n - 1));
  const y = (v) => H - PAD - (H - 2 * PAD) * v;
  const path = (values, step) => {
    let out = "", pen = false;
    values.forEach((v, i) => {
      if (v === null) { pen = false; return; }
      if (step && pen) out += `H${x(i).toFixed(1)}`;
      out += `${pen ? "L" : "M"}${x(i).toFixed(1)} ${y(Math.min(1, Math.max(0, v))).toFixed(1)}`;
      if (step && i === n - 1 && n === 1) out += `h${PAD}`;
      pen = true;
    });
    return out;
  };
  const cursors = [];
  const drawCell = (row) => {
    const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    picture.append(svg("rect", { x: 0.5, y: 0.5, width: W - 1, height: H - 1, class: "frame" }));
    months.forEach((m, i) => { if (m.differs.length) picture.append(svg("line", { x1: x(i), x2: x(i), y1: 0, y2: H, class: "break" })); });
    picture.append(svg("path", { d: path(row.threshold, true), class: "threshold" }));
    picture.append(svg("path", { d: path(row.value, false), class: "series" }));
    const cursor = svg("line", { x1: 0, x2: 0, y1: 0, y2: H, class: "cursor" });
    picture.append(cursor);
    cursors.push(cursor);
    return picture;
  };
  const shown = [];
  const grid = $("grid");
  const head = make("tr", {}, make("th", { scope: "col", text: say.township }));
  data.kinds.forEach((kind) => head.append(make("th", { scope: "col" }, make("span", { text: kind.name }), make("br"), make("span", { class: "soft", text: kind.base }))));
  grid.append(make("thead", {}, head));
  const body = make("tbody");
  data.townships.forEach((town, t) => {
    const line = make("tr", {}, make("th", { scope: "row", text: town.name }));
    data.kinds.forEach((kind, k) => {
      const row = data.cells.find((c) => c.town === t && c.kind === k);
      const cell = make("td");
      if (row) {
        const value = make("span", { class: "v" });
        const button = make("button", { type: "button", class: "cell", "aria-pressed": "false" }, drawCell(row), value);
        button.addEventListener("click", () => { state.row = state.row === row ? null : row; state.kind = k; show(); });
        shown.push({ row, value, button });
        cell.append(button);
      }
      line.append(cell);
    });
    body.append(line);
  });
  grid.append(body);

  // --- the map ----------------------------------------------------------------------------------------------------
  const canvas = $("map"), pen = canvas.getContext("2d");
  const boxOf = (rings) => {
    let box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of rings) for (let i = 0; i < ring.length; i += 2) box = [Math.min(box[0], ring[i]), Math.min(box[1], ring[i + 1]), Math.max(box[2], ring[i]), Math.max(box[3], ring[i + 1])];
    return box;
  };
  const view = () => {
    const own = state.town >= 0 ? data.map.townships[months[state.month].shapes][data.townships[state.town].code] : null;
    let box = own ? boxOf(own) : data.map.box;
    const grow = Math.max(box[2] - box[0], box[3] - box[1]) * 0.05 + 1;
    box = [box[0] - grow, box[1] - grow, box[2] + grow, box[3] + grow];
    const scale = Math.min(canvas.width / ((box[2] - box[0]) * data.map.shrink), canvas.height / (box[3] - box[1]));
    const cx = (box[0] + box[2]) / 2, cy = (box[1] + box[3]) / 2;
    return (px, py) => [canvas.width / 2 + (px - cx) * data.map.shrink * scale, canvas.height / 2 - (py - cy) * scale];
  };
  const trace = (rings, at) => {
    pen.beginPath();
    for (const ring of rings) {
      for (let i = 0; i < ring.length; i += 2) { const [a, b] = at(ring[i], ring[i + 1]); if (i) pen.lineTo(a, b); else pen.moveTo(a, b); }
      pen.closePath();
    }
  };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const INK = { met: colour("met"), not_met: colour("not_met") };
  const GROUND = Object.fromEntries(["met", "not_met", "no_data", "no_rule", "exempt"].map((verdict) => [verdict, colour(`${verdict}-ground`)]));
  const hatch = (colour) => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const p = tile.getContext("2d");
    p.strokeStyle = colour; p.lineWidth = 1.5; p.beginPath(); p.moveTo(0, 8); p.lineTo(8, 0); p.stroke();
    return pen.createPattern(tile, "repeat");
  };
  const drawMap = () => {
    const month = months[state.month], at = view(), shapes = month.shapes;
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = "#f7f6f2"; pen.strokeStyle = "#7d8790"; pen.lineWidth = 1;
    trace(data.map.land[shapes], at); pen.fill("evenodd"); pen.stroke();
    data.townships.forEach((town, t) => {
      const rings = data.map.townships[shapes][town.code], row = data.cells.find((c) => c.town === t && c.kind === state.kind);
      if (!rings || !row) return;
      const verdict = row.verdict[state.month];
      trace(rings, at);
      pen.globalAlpha = 0.75; pen.fillStyle = GROUND[verdict] || GROUND.no_rule; pen.fill("evenodd"); pen.globalAlpha = 1;
      if (verdict === "not_met") { pen.fillStyle = hatch(INK.not_met); pen.fill("evenodd"); }
      pen.strokeStyle = "#555"; pen.lineWidth = 1.5; pen.stroke();
    });
    const reach = month.reach[state.kind];
    if (reach) {
      const dots = data.map.residents;
      for (let i = 0; i < reach.length; i++) {
        if (reach[i] === "0") continue;
        const [a, b] = at(dots[2 * i], dots[2 * i + 1]);
        pen.beginPath(); pen.arc(a, b, reach[i] === "2" ? 2.6 : 3.2, 0, 7);
        if (reach[i] === "2") { pen.fillStyle = INK.met; pen.fill(); } else { pen.strokeStyle = INK.not_met; pen.lineWidth = 1.4; pen.stroke(); }
      }
    }
    for (const [px, py, kind, counts, fresh] of month.places) {
      if (kind !== state.kind) continue;
      const [a, b] = at(px, py), r = 8;
      pen.lineWidth = 2; pen.strokeStyle = "#111"; pen.fillStyle = counts ? "#ffd23f" : "#fff";
      pen.beginPath(); pen.moveTo(a, b - r); pen.lineTo(a + r, b); pen.lineTo(a, b + r); pen.lineTo(a - r, b); pen.closePath(); pen.fill(); pen.stroke();
      if (!counts) { pen.beginPath(); pen.moveTo(a - 5, b - 5); pen.lineTo(a + 5, b + 5); pen.stroke(); }
      if (fresh) { pen.strokeStyle = colour("now"); pen.lineWidth = 3; pen.beginPath(); pen.arc(a, b, 14, 0, 7); pen.stroke(); }
    }
    const kind = data.kinds[state.kind].name;
    canvas.setAttribute("aria-label", fill(say.map_label, { kind, month: month.as_of }));
  };

  // --- what changed in a month ------------------------------------------------------------------------------------
  const partCells = (row) => data.causes.map((cause) => {
    const value = row.parts[cause.id] || 0;
    return make("td", { class: "n", text: Math.abs(value) < 5e-7 ? "" : points(value) });
  });
  const drawChanges = () => {
    const table = $("changes"), i = state.month;
    table.replaceChildren();
    const top = make("tr", {}, make("th", { scope: "col", text: state.row ? say.month : say.row }), make("th", { scope: "col", class: "n", text: say.before_after }), make("th", { scope: "col", class: "n", text: say.change }));
    data.causes.forEach((cause) => top.append(make("th", { scope: "col", class: "n", text: cause.name })));
    top.append(make("th", { scope: "col", class: "n", text: say.line }), make("th", { scope: "col", text: say.verdict }));
    table.append(make("thead", {}, top));
    const rows = make("tbody");
    const add = (row, at, title) => {
      const step = row.steps[at];
      if (!step) return;
      const turned = row.verdict[at - 1] !== row.verdict[at];
      const verdict = (turned ? SIGN[row.verdict[at - 1]] + " → " : "") + SIGN[row.verdict[at]] + " " + (say["verdict_" + row.verdict[at]] || "");
      rows.append(make("tr", {}, make("th", { scope: "row", text: title }),
        make("td", { class: "n", text: row.text[at - 1] + " → " + row.text[at] }),
        make("td", { class: "n", text: points(step.change) }), ...partCells(step),
        make("td", { class: "n", text: step.line ? points(step.line) : "" }),
        make("td", { class: row.verdict[at], text: verdict })));
    };
    const moved = (row, at) => row.steps[at] && (Math.abs(row.steps[at].change) > 5e-7 || row.steps[at].line || row.verdict[at] !== row.verdict[at - 1]);
    if (state.row) months.forEach((m, at) => { if (at && moved(state.row, at)) add(state.row, at, m.as_of); });
    else [...data.cells].filter((row) => moved(row, i)).sort((a, b) => Math.abs(b.steps[i].change) - Math.abs(a.steps[i].change)).forEach((row) => add(row, i, rowName(row)));
    if (!rows.children.length) rows.append(make("tr", {}, make("td", { colspan: String(5 + data.causes.length), text: i || state.row ? say.nothing : say.first })));
    table.append(rows);
    $("changes-title").textContent = state.row ? fill(say.changes_row, { row: rowName(state.row) }) : fill(say.changes_month, { month: months[i].as_of });
    const list = $("events");
    list.replaceChildren();
    months[i].events.forEach((text) => list.append(make("li", { text })));
    if (!months[i].events.length) list.append(make("li", { text: say.no_events }));
    $("breaks").replaceChildren(...months[i].differs.map((text) => make("p", { class: "note", text })));
  };

  const show = () => {
    const month = months[state.month];
    $("slider").value = String(state.month);
    $("slider").setAttribute("aria-valuetext", month.as_of);
    $("now").textContent = month.as_of;
    cursors.forEach((line) => { line.setAttribute("x1", x(state.month)); line.setAttribute("x2", x(state.month)); });
    shown.forEach(({ row, value, button }) => {
      const verdict = row.verdict[state.month];
      value.replaceChildren(make("span", { text: row.text[state.month] }), make("br"), make("span", { class: verdict, text: SIGN[verdict] + " " + (say["verdict_" + verdict] || "") }));
      button.setAttribute("aria-pressed", String(state.row === row));
      button.setAttribute("aria-label", fill(say.cell_label, { row: rowName(row), month: month.as_of, value: row.text[state.month], verdict: say["verdict_" + verdict] || "" }));
    });
    document.querySelectorAll("#kinds button").forEach((button, k) => button.setAttribute("aria-pressed", String(k === state.kind)));
    drawMap();
    drawChanges();
  };

  const slider = $("slider");
  slider.max = String(n - 1);
  slider.addEventListener("input", () => { state.month = Number(slider.value); show(); });
  $("back").addEventListener("click", () => { state.month = Math.max(0, state.month - 1); show(); });
  $("next").addEventListener("click", () => { state.month = Math.min(n - 1, state.month + 1); show(); });
  data.kinds.forEach((kind, k) => {
    const button = make("button", { type: "button", text: kind.name, "aria-pressed": "false" });
    button.addEventListener("click", () => { state.kind = k; show(); });
    $("kinds").append(button);
  });
  const choose = $("where");
  choose.append(make("option", { value: "-1", text: say.county }));
  data.townships.forEach((town, t) => { if (town.code !== "ALL") choose.append(make("option", { value: String(t), text: town.name })); });
  choose.addEventListener("change", () => { state.town = Number(choose.value); drawMap(); });

  // --- figures of the ledger beside those of the map -----------------------------------------------------------------
  const ledger = $("ledger");
  if (ledger && data.ledger.length) {
    const top = make("tr", {}, ...[say.measure, say.target, say.reported, say.computed].map((text) => make("th", { scope: "col", text })));
    const rows = make("tbody");
    data.ledger.forEach((item) => {
      const told = item.reported.map(([period, value]) => `${period}：${value}`).join("；") || "–";
      const own = item.computed.map((value, i) => (value === null ? null : `${months[i].as_of.slice(0, 7)}：${value}`)).filter(Boolean).join("；") || "–";
      rows.append(make("tr", {}, make("th", { scope: "row", text: item.name }), make("td", { text: item.target }), make("td", { text: told }), make("td", { text: own })));
    });
    ledger.append(make("thead", {}, top), rows);
  }
  show();
  document.documentElement.setAttribute("data-ready", "yes");
})();
