// Printed pages: an overview and one page per township, A3 landscape, drawn with the same painters at three times the size.
const PAPER = { width: 1010, height: 900, sharp: 2 };

const drawPage = (box, verdictCode) => {
  const canvas = document.createElement("canvas"), { width, height, sharp } = PAPER;
  canvas.width = width * sharp;
  canvas.height = height * sharp;
  const ctx = canvas.getContext("2d");
  ctx.scale(sharp, sharp);
  const w = toX(box[0]), e = toX(box[2]), n = toY(box[3]), s = toY(box[1]);
  const span = Math.max((e - w) / width, (s - n) / height, 1e-7) * 1.12, zoom = Math.min(16.5, Math.log2(1 / span / 256));
  const k = 256 * 2 ** zoom, ox = (w + e) / 2 * k - width / 2, oy = (n + s) / 2 * k - height / 2;
  const v = A.view(zoom, ox, oy, 0, 0, width, height);
  ctx.fillStyle = INK.sea;
  ctx.fillRect(0, 0, width, height);
  A.paintBase(ctx, v, A.state);
  const under = document.createElement("canvas");
  under.width = canvas.width;
  under.height = canvas.height;
  const below = under.getContext("2d");
  below.scale(sharp, sharp);
  A.paintAreas(below, v, A.state);
  ctx.globalAlpha = 0.72;
  ctx.drawImage(under, 0, 0, width, height);
  ctx.globalAlpha = 1;
  A.paintTop(ctx, v, A.state);
  drawScale(ctx, v, width, height);
  return A.el("img", { src: canvas.toDataURL("image/png"), alt: verdictCode ? A.township(verdictCode) : A.data.area.name });
};

// A scale bar of a round length, at the middle of the page.
const drawScale = (ctx, v, width, height) => {
  const lat = toLat((v.n + v.s) / 2) * Math.PI / 180, metres = 40075016.686 * Math.cos(lat) / v.k;
  const wanted = 180 * metres, power = 10 ** Math.floor(Math.log10(wanted)), length = [5, 2, 1].find((f) => f * power <= wanted) * power;
  const x = 20, y = height - 22, long = length / metres;
  ctx.setLineDash([]);
  ctx.fillStyle = "rgba(255,255,255,.85)";
  ctx.fillRect(x - 8, y - 22, long + 16, 34);
  ctx.strokeStyle = "#222";
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.moveTo(x, y - 6); ctx.lineTo(x, y); ctx.lineTo(x + long, y); ctx.lineTo(x + long, y - 6);
  ctx.stroke();
  ctx.fillStyle = "#222";
  ctx.font = "13px sans-serif";
  ctx.textAlign = "center";
  ctx.fillText(length >= 1000 ? length / 1000 + " km" : length + " m", x + long / 2, y - 8);
  ctx.beginPath();
  ctx.moveTo(width - 30, 16); ctx.lineTo(width - 20, 46); ctx.lineTo(width - 30, 39); ctx.lineTo(width - 40, 46); ctx.closePath();
  ctx.fill();
  ctx.fillText(A.w("north_short"), width - 30, 60);
};

const checkTable = (code) => {
  if (isDifference()) return A.differenceDetail(code, "").slice(1);
  const { columns, checks } = A.data.verdicts;
  const own = checks.filter((c) => c.township_code === code && c.rule_id !== "overall");
  return A.list(A.w("panel_verdicts"), [A.w("service"), A.w("rule"), A.w("value"), A.w("threshold"), A.w("fraction"), A.w("shortfall"), A.w("verdict")], own.map((c) => {
    const rule = A.data.verdicts.rules[c.rule_id] || {}, column = columns.find((k) => k.key === c.category);
    return { cells: [column ? column.all.join("+") : c.category, rule.measure || c.measure, A.value(c), rule.isShare ? A.percent(c.threshold) : A.number(c.threshold, 2),
      `${A.number(c.numerator, 1)} / ${A.number(c.denominator, 1)}`, c.shortfall === null ? "–" : A.number(c.shortfall, 0), [A.badge(c.verdict), " ", A.verdictText(c.verdict)]] };
  }));
};

const gapTable = (code) => {
  const g = A.data.gaps, t = A.data.townships.code.indexOf(code);
  const own = g.id.map((id, i) => i).filter((i) => g.township[i] === t).sort((a, b) => g.population[b] - g.population[a]).slice(0, 8);
  return own.length ? A.list(A.w("panel_gaps"), A.gapHeads(), own.map((i) => ({ cells: A.gapRow(i).cells }))) : A.el("p", {}, A.w("no_gaps"));
};

const sheet = (title, picture, ...side) => A.el("section", { class: "page" },
  A.el("h1", {}, title, A.worlds.before ? ` · ${A.w("side_" + A.state.side)}` : "", A.data.area.demonstration ? A.el("span", { class: "demo" }, A.w("demonstration")) : ""),
  A.el("div", { class: "body" }, A.el("div", { class: "picture" }, picture), A.el("div", { class: "side" }, side)),
  A.el("ul", { class: "legend" }, A.legendEntries(A.state)), A.el("p", { class: "status" }, A.statusLine()));

A.pages = () => {
  const { area, townships, verdicts } = A.data, note = () => (area.demonstration ? A.el("p", { class: "demo" }, A.w("demonstration_verdict")) : null);
  const { service, verdict, island } = A.state;
  Object.assign(A.state, { service: "", verdict: "", island: "" });
  const table = isDifference() ? A.differenceTable() : A.verdictTable();
  Object.assign(A.state, { service, verdict, island });
  for (const cell of table.querySelectorAll("[tabindex]")) cell.removeAttribute("tabindex");
  const rows = verdicts.rows.map((row) => row.code), codes = [...rows, ...townships.code.filter((code) => !rows.includes(code))];
  return [
    sheet(A.w("title", { area: area.name }), drawPage(area.bounds, ""), note(), table),
    ...codes.filter((code) => townships.code.includes(code)).map((code) => {
      const box = A.townshipBox(townships.code.indexOf(code));
      return box ? sheet(`${A.township(code)} · ${A.w("title", { area: area.name })}`, drawPage(A.printBox(code, box), code), note(), checkTable(code), A.el("h2", {}, A.w("panel_gaps")), gapTable(code)) : null;
    }),
  ];
};

// The island where most people are fills the page; outliers stay in the tables.
A.printBox = (code, box) => {
  A.spots = A.spots || townshipSpots();
  const spot = A.spots[A.data.townships.code.indexOf(code)];
  return spot ? [(spot.w - 0.5) * 360, toLat(spot.s), (spot.e - 0.5) * 360, toLat(spot.n)] : box;
};

A.preparePrint = () => {
  if (document.getElementById("print")) return;
  document.body.append(A.el("div", { id: "print" }, A.pages()));
};
addEventListener("beforeprint", A.preparePrint);
addEventListener("afterprint", () => { const pages = document.getElementById("print"); if (pages && !location.hash.includes("print=1")) pages.remove(); });
