// The table township × service, worst first, and the small tables beside it; each is one stop of the Tab key.
const VERDICT_SIGN = { met: "✔", not_met: "✘", no_data: "▨", exempt: "□", no_rule: "–" };

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
  return verdict === "no_rule" || verdict === "exempt" || !A.isShown(row) ? null : verdict;
};

A.value = (check) => {
  const rule = A.data.verdicts.rules[check.rule_id];
  if (check.value === null) return "–";
  return rule && rule.isShare ? A.percent(check.value, check.threshold) : A.number(check.value, 2);
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

// What the three filters leave: columns of one service, townships on one island or with one verdict.
A.shownColumns = () => A.data.verdicts.columns.filter((c) => !A.state.service || c.key === A.state.service);
A.isShown = (row) => {
  const { verdict, island, service } = A.state, at = A.data.verdicts.columns.findIndex((c) => c.key === service);
  return (!island || A.townshipsOn(island).has(row.code)) && (!verdict || (at >= 0 ? row.shown[at] === verdict : row.overall === verdict || row.shown.includes(verdict)));
};
A.shownRows = () => A.data.verdicts.rows.filter(A.isShown);

const islandTowns = new WeakMap();
A.townshipsOn = (island) => {
  if (!islandTowns.has(A.data)) islandTowns.set(A.data, new Map());
  const known = islandTowns.get(A.data);
  if (!known.has(island)) {
    const { island: own, township } = A.data.residents, k = own.values.indexOf(island), f = A.data.facilities;
    const found = new Set(own.at.flatMap((v, i) => (v === k && township[i] >= 0 ? [A.data.townships.code[township[i]]] : [])));
    f.island.forEach((name, i) => { if (name === island && f.township[i] >= 0) found.add(A.data.townships.code[f.township[i]]); });
    known.set(island, found);
  }
  return known.get(island);
};

A.tableCell = (code, key, kind, content, title) => {
  const chosen = A.state.cell && A.state.cell[0] === code && A.state.cell[1] === key;
  return A.el("td", {
    role: "gridcell", class: "cell " + kind + (chosen ? " chosen" : ""), "aria-selected": chosen ? "true" : "false", title,
    "data-code": code, "data-key": key, "aria-label": title, on: { click: () => A.chooseCell(code, key, true) },
  }, content);
};

A.shortfall = (check) => `${A.number(check.shortfall, 0)} ${A.named("short_", check.measure).replace("{people}", A.data.area.unit)}`;
A.shortBy = (check) => (check.shortfall ? A.w("short_by", { n: A.shortfall(check) }).replace(/ /g, A.data.lang === "zh" ? "" : "\u00a0") : "");

A.verdictTable = () => {
  const { columns, checks } = A.data.verdicts, shown = A.shownColumns();
  const head = A.el("tr", { role: "row" }, A.el("th", { scope: "col" }, A.w("township")),
    shown.map((c) => A.el("th", { scope: "col", title: c.all.join(" + ") }, c.name)), A.el("th", { scope: "col" }, A.w("overall")));
  const body = A.shownRows().map((row) => A.el("tr", { role: "row" },
    A.el("th", { scope: "row" }, row.name),
    shown.map((column) => {
      const i = columns.indexOf(column), first = row.cells[i].length ? checks[row.cells[i][0]] : null, verdict = row.shown[i];
      const word = A.verdictText(verdict), value = first ? A.value(first) : "";
      const short = first ? A.shortBy(first) : "";
      return A.tableCell(row.code, column.key, verdict, [A.el("b", {}, A.badge(verdict), " ", value || word), A.el("small", {}, value ? word : ""), short ? A.el("small", {}, short) : ""],
        `${row.name} ${column.name} ${word} ${value} ${short}`);
    }),
    A.tableCell(row.code, "", row.overall, [A.el("b", {}, A.badge(row.overall), " ", A.verdictText(row.overall))], `${row.name} ${A.w("overall")} ${A.verdictText(row.overall)}`)));
  const table = A.el("table", { class: "verdicts", role: "grid", "data-across": shown.length + 1, "aria-label": A.w("panel_verdicts") },
    A.el("thead", {}, head), A.el("tbody", {}, body));
  A.roving(table, "td.cell");
  return table;
};

A.filters = () => {
  const { columns } = A.data.verdicts, option = (name) => ([value, text]) => A.el("option", { value, selected: A.state[name] === value }, text);
  const box = (name, options, after) => A.el("select", { id: "filter-" + name, "aria-label": A.w("filter_" + name), on: { change: (e) => { A.set({ [name]: e.target.value }); if (after) after(e.target.value); } } }, options.map(option(name)));
  return A.el("p", { class: "row filters" },
    box("service", [["", A.w("filter_all_services")], ...columns.map((c) => [c.key, c.all.join(" + ")])], (key) => {
      const i = A.data.categories.findIndex((c) => c.id === key);
      if (i >= 0) A.showService(i);
    }),
    A.state.side === "difference" ? "" : box("verdict", [["", A.w("filter_all")], ...["not_met", "no_data", "met"].map((v) => [v, A.verdictText(v)])]),
    A.data.islands.name.length > 1 ? box("island", [["", A.w("filter_all_islands")], ...A.data.islands.name.map((n) => [n, n])], (name) => {
      if (name) A.goIsland(A.data.islands.name.indexOf(name)); else A.goAll();
    }) : "");
};

// A table whose rows can be chosen. Rows: {cells, choose}.
A.list = (name, heads, rows) => {
  const table = A.el("table", { class: "list", "aria-label": name }, A.el("thead", {}, A.el("tr", {}, heads.map((h) => A.el("th", { scope: "col" }, h)))),
    A.el("tbody", {}, rows.map((row) => A.el("tr", row.choose ? { class: "choice", on: { click: row.choose } } : {}, row.cells.map((c) => A.el("td", {}, c))))));
  if (rows.some((row) => row.choose)) A.roving(table, "tr.choice");
  return table;
};
