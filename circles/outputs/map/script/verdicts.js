// The table township × service, worst first, and the small tables beside it; each is one stop of the Tab key.
import { chooseCell } from "./detail.js";
import { el } from "./dom.js";
import { page } from "./page.js";
import { goAll, goIsland } from "./places.js";
import { setState, showService } from "./state.js";
import { named, numberText, percentText, say } from "./text.js";

const VERDICT_SIGN = { met: "✔", not_met: "✘", no_data: "▨", exempt: "□", no_rule: "–" };

export const verdictText = (verdict) => say((page.data.area.demonstration ? "demo_" : "verdict_") + verdict);
export const badge = (verdict) =>
  el("span", { class: "badge " + verdict, "aria-hidden": "true" }, VERDICT_SIGN[verdict]);

/** What stands for a rule that the area no longer has. @type {any} */
export const NO_RULE = {};

export const rowOf = (code) => page.data.verdicts.rows.find((row) => row.code === code);

// The verdict that colours a township: of the chosen cell's column, of the chosen service, else overall.
export const shownVerdict = (code, state) => {
  const row = rowOf(code);
  if (!row) return null;
  const column = state.cell ? state.cell[1] : "";
  const i = page.data.verdicts.columns.findIndex((c) => c.key === column);
  const verdict = i >= 0 ? row.shown[i] : row.overall;
  return verdict === "no_rule" || verdict === "exempt" || !isShown(row) ? null : verdict;
};

export const checkValue = (check) => {
  const rule = page.data.verdicts.rules[check.rule_id];
  if (check.value === null) return "–";
  return rule && rule.isShare ? percentText(check.value, check.threshold) : numberText(check.value, 2);
};

export const unitOf = (check) => named("unit_", check.measure).replace("{people}", page.data.area.unit);

// Arrow keys move inside a table; Tab leaves it.
export const roving = (table, selector) => {
  const items = () => [...table.querySelectorAll(selector)];
  const all = items();
  all.forEach((item, i) => {
    item.tabIndex = i ? -1 : 0;
  });
  table.addEventListener("focusin", (event) => {
    const item = event.target.closest(selector);
    if (item) for (const other of items()) other.tabIndex = other === item ? 0 : -1;
  });
  table.addEventListener("keydown", (event) => {
    const list = items(),
      at = list.indexOf(event.target),
      across = Number(table.dataset.across || 1);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
    const next = event.key === "Home" ? 0 : event.key === "End" ? list.length - 1 : at + step;
    if (at < 0 || Number.isNaN(next)) {
      if (at >= 0 && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        list[at].click();
      }
      return;
    }
    if (list[next]) {
      event.preventDefault();
      list[next].focus();
    }
  });
};

// What the three filters leave: columns of one service, townships on one island or with one verdict.
export const shownColumns = () =>
  page.data.verdicts.columns.filter((c) => !page.state.service || c.key === page.state.service);
export const isShown = (row) => {
  const { verdict, island, service } = page.state,
    at = page.data.verdicts.columns.findIndex((c) => c.key === service);
  return (
    (!island || townshipsOn(island).has(row.code)) &&
    (!verdict || (at >= 0 ? row.shown[at] === verdict : row.overall === verdict || row.shown.includes(verdict)))
  );
};
export const shownRows = () => page.data.verdicts.rows.filter(isShown);

const islandTowns = new WeakMap();
export const townshipsOn = (island) => {
  if (!islandTowns.has(page.data)) islandTowns.set(page.data, new Map());
  const known = islandTowns.get(page.data);
  if (!known.has(island)) {
    const { island: own, township } = page.data.residents,
      k = own.values.indexOf(island),
      f = page.data.facilities;
    const found = new Set();
    own.at.forEach((v, i) => {
      if (v === k && township[i] >= 0) found.add(page.data.townships.code[township[i]]);
    });
    f.island.forEach((name, i) => {
      if (name === island && f.township[i] >= 0) found.add(page.data.townships.code[f.township[i]]);
    });
    known.set(island, found);
  }
  return known.get(island);
};

export const tableCell = (code, key, kind, content, title) => {
  const chosen = page.state.cell && page.state.cell[0] === code && page.state.cell[1] === key;
  return el(
    "td",
    {
      role: "gridcell",
      class: "cell " + kind + (chosen ? " chosen" : ""),
      "aria-selected": chosen ? "true" : "false",
      title,
      "data-code": code,
      "data-key": key,
      "aria-label": title,
      on: { click: () => chooseCell(code, key, true) },
    },
    content,
  );
};

export const shortfallText = (check) =>
  `${numberText(check.shortfall, 0)} ${named("short_", check.measure).replace("{people}", page.data.area.unit)}`;
export const shortBy = (check) =>
  check.shortfall
    ? say("short_by", { n: shortfallText(check) }).replace(/ /g, page.data.lang === "zh" ? "" : "\u00a0")
    : "";

export const verdictTable = () => {
  const { columns, checks } = page.data.verdicts,
    shown = shownColumns();
  const head = el(
    "tr",
    { role: "row" },
    el("th", { scope: "col" }, say("township")),
    shown.map((c) => el("th", { scope: "col", title: c.all.join(" + ") }, c.name)),
    el("th", { scope: "col" }, say("overall")),
  );
  const body = shownRows().map((row) =>
    el(
      "tr",
      { role: "row" },
      el("th", { scope: "row" }, row.name),
      shown.map((column) => {
        const i = columns.indexOf(column),
          first = row.cells[i].length ? checks[row.cells[i][0]] : null,
          verdict = row.shown[i];
        const word = verdictText(verdict),
          value = first ? checkValue(first) : "";
        const short = first ? shortBy(first) : "";
        return tableCell(
          row.code,
          column.key,
          verdict,
          [
            el("b", {}, badge(verdict), " ", value || word),
            el("small", {}, value ? word : ""),
            short ? el("small", {}, short) : "",
          ],
          `${row.name} ${column.name} ${word} ${value} ${short}`,
        );
      }),
      tableCell(
        row.code,
        "",
        row.overall,
        [el("b", {}, badge(row.overall), " ", verdictText(row.overall))],
        `${row.name} ${say("overall")} ${verdictText(row.overall)}`,
      ),
    ),
  );
  const table = el(
    "table",
    { class: "verdicts", role: "grid", "data-across": shown.length + 1, "aria-label": say("panel_verdicts") },
    el("thead", {}, head),
    el("tbody", {}, body),
  );
  roving(table, "td.cell");
  return table;
};

export const filterBoxes = () => {
  const { columns } = page.data.verdicts,
    option =
      (name) =>
      ([value, text]) =>
        el("option", { value, selected: page.state[name] === value }, text);
  const box = (name, options, after) =>
    el(
      "select",
      {
        id: "filter-" + name,
        "aria-label": say("filter_" + name),
        on: {
          change: (e) => {
            setState({ [name]: e.target.value });
            if (after) after(e.target.value);
          },
        },
      },
      options.map(option(name)),
    );
  return el(
    "p",
    { class: "row filters" },
    box("service", [["", say("filter_all_services")], ...columns.map((c) => [c.key, c.all.join(" + ")])], (key) => {
      const i = page.data.categories.findIndex((c) => c.id === key);
      if (i >= 0) showService(i);
    }),
    page.state.side === "difference"
      ? ""
      : box("verdict", [["", say("filter_all")], ...["not_met", "no_data", "met"].map((v) => [v, verdictText(v)])]),
    page.data.islands.name.length > 1
      ? box("island", [["", say("filter_all_islands")], ...page.data.islands.name.map((n) => [n, n])], (name) => {
          if (name) goIsland(page.data.islands.name.indexOf(name));
          else goAll();
        })
      : "",
  );
};

// A table whose rows can be chosen. Rows: {cells, choose}.
export const listTable = (name, heads, rows) => {
  const table = el(
    "table",
    { class: "list", "aria-label": name },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        heads.map((h) => el("th", { scope: "col" }, h)),
      ),
    ),
    el(
      "tbody",
      {},
      rows.map((row) =>
        el(
          "tr",
          row.choose ? { class: "choice", on: { click: row.choose } } : {},
          row.cells.map((c) => el("td", {}, c)),
        ),
      ),
    ),
  );
  if (rows.some((row) => row.choose)) roving(table, "tr.choice");
  return table;
};
