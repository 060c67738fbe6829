// The table township × service, worst first, and the small tables beside it; each is one stop of the Tab key.
const VERDICT_SIGN = { met: "✔", not_met: "✘", no_data: "▨", no_rule: "–" };

A.verdictText = (verdict) => A.w((A.data.area.demonstration ? "demo_" : "verdict_") + verdict);
A.badge = (verdict) => A.el("span", { class: "badge " + verdict, "aria-hidden": "true" }, VERDICT_SIGN[verdict]);

A.rowOf = (code) => A.data.verdicts.rows.find((row) => row.code === code);

// The verdict that colours a township: of the chosen cell's column, of the chosen service, else overall.
A.shownVerdict = (code, state) => {
  const row = A.rowOf(code);
  if (!row) return null;
  const column = state.cell ? state.cell[1] : "";
  const i = A.data.verdicts.columns.findIndex((c) => c.key === column);
  const verdict = i >= 0 ? row.shown[i] : row.overall;
  return verdict === "no_rule" ? null : verdict;
};

A.value = (check) => {
  const rule = A.data.verdicts.rules[check.rule_id];
  if (check.value === null) return "–";
  return rule && rule.isShare ? A.percent(check.value) : A.number(check.value, 2);
};

A.unitOf = (check) => A.named("unit_", check.measure).replace("{people}", A.data.area.unit);

// Arrow keys move inside a table; Tab leaves it.
A.roving = (table, selector) => {
  const items = () => [...table.querySelectorAll(selector)];
  const all = items();
  all.forEach((item, i) => { item.tabIndex = i ? -1 : 0; });
  table.addEventListener("focusin", (event) => {
    const item = event.target.closest(selector);
    if (item) for (const other of items()) other.tabIndex = other === item ? 0 : -1;
  });
  table.addEventListener("keydown", (event) => {
    const list = items(), at = list.indexOf(event.target), across = Number(table.dataset.across || 1);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? list.length - 1 : at + step;
    if (at < 0 || Number.isNaN(next)) { if (at >= 0 && (event.key === "Enter" || event.key === " ")) { event.preventDefault(); list[at].click(); } return; }
    if (list[next]) { event.preventDefault(); list[next].focus(); }
  });
};

A.verdictTable = (onlyVerdict) => {
  const { columns, rows, checks } = A.data.verdicts;
  const head = A.el("tr", {}, A.el("th", { scope: "col" }, A.w("township")),
    columns.map((c) => A.el("th", { scope: "col", title: c.all.join(" + ") }, c.name)), A.el("th", { scope: "col" }, A.w("overall")));
  const cell = (row, key, verdict, content, title) => {
    const chosen = A.state.cell && A.state.cell[0] === row.code && A.state.cell[1] === key;
    return A.el("td", {
      role: "gridcell", class: "cell " + verdict + (chosen ? " chosen" : ""), "aria-selected": chosen ? "true" : "false", title,
      "data-code": row.code, "data-key": key, "aria-label": title, on: { click: () => A.chooseCell(row.code, key, true) },
    }, content);
  };
  const body = rows.filter((row) => !onlyVerdict || row.overall === onlyVerdict || row.shown.includes(onlyVerdict)).map((row) => A.el("tr", { role: "row" },
    A.el("th", { scope: "row" }, row.name),
    columns.map((column, i) => {
      const first = row.cells[i].length ? checks[row.cells[i][0]] : null, verdict = row.shown[i];
      const word = A.verdictText(verdict), value = first ? A.value(first) : "";
      const short = first && first.shortfall ? A.w("short_by", { n: A.number(first.shortfall, 0) }) : "";
      return cell(row, column.key, verdict, [A.el("b", {}, A.badge(verdict), " ", value || word), A.el("small", {}, value ? word : "", short ? " " + short : "")],
        `${row.name} ${column.name} ${word} ${value} ${short}`);
    }),
    cell(row, "", row.overall, [A.el("b", {}, A.badge(row.overall), " ", A.verdictText(row.overall))], `${row.name} ${A.w("overall")} ${A.verdictText(row.overall)}`)));
  const table = A.el("table", { class: "verdicts", role: "grid", "data-across": columns.length + 1, "aria-label": A.w("panel_verdicts") },
    A.el("thead", {}, head), A.el("tbody", {}, body));
  A.roving(table, "td.cell");
  return table;
};

// A table whose rows can be chosen. Rows: {cells, choose}.
A.list = (name, heads, rows) => {
  const table = A.el("table", { class: "list", "aria-label": name }, A.el("thead", {}, A.el("tr", {}, heads.map((h) => A.el("th", { scope: "col" }, h)))),
    A.el("tbody", {}, rows.map((row) => A.el("tr", row.choose ? { class: "choice", on: { click: row.choose } } : {}, row.cells.map((c) => A.el("td", {}, c))))));
  if (rows.some((row) => row.choose)) A.roving(table, "tr.choice");
  return table;
};
