// The table township × service in the county's own order, and the small tables beside it; each is one stop of the Tab key.
import { chooseCell } from "./detail.js";
import { el } from "./dom.js";
import { page } from "./page.js";
import { goAll, goIsland } from "./places.js";
import { setState, showService } from "./state.js";
import { baseName, cellOf, cellValue, cellWord, headLines, isBinding } from "./statement.js";
import { named, numberText, percentText, say } from "./text.js";

const VERDICT_SIGN = { met: "●", not_met: "▲", no_data: "◇", exempt: "□", no_rule: "–" };

/** A verdict in words; 达标 only where the rules whose states are given (else all rules) are adopted. @param {string} verdict @param {string[]} [statuses] */
export const verdictText = (verdict, statuses) => say((isBinding(statuses) ? "verdict_" : "reference_") + verdict);
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
      if (at >= 0 && (event.key === "Enter" || event.key === " ") && list[at].tagName !== "INPUT") {
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

const cellTitle = (row) => {
  const base = baseName(row.group),
    parts = row.denominator === null ? "" : `${numberText(row.numerator, 0)}/${numberText(row.denominator, 0)}`;
  const needed = row.needed
    ? say("headline_needed", { numbers: numberText(row.needed, 0), unit: page.data.area.unit })
    : "";
  return (
    [
      row.name,
      (page.data.categories.find((c) => c.id === row.category) || { name: row.category }).name,
      cellWord(row),
      cellValue(row),
      base + parts,
    ]
      .filter(Boolean)
      .join(" ") + needed
  );
};

// Seven rows and the county: four cells of one line, and how many kinds meet their value.
export const verdictTable = () => {
  const { heads, towns } = page.data.statement,
    rows = shownRows().map((row) => row.code);
  const shown = heads.filter((head) => !page.state.service || head.category === page.state.service);
  const cell = (town, head) => {
    const row = cellOf(town.code, head.category);
    return tableCell(
      town.code,
      head.category,
      row.verdict,
      [
        el("span", { class: "mark " + row.verdict, "aria-hidden": "true" }, row.symbol === "–" ? "" : row.symbol),
        el("b", {}, cellValue(row)),
      ],
      cellTitle(row),
    );
  };
  const hasRules = towns.some((town) => town.judged);
  const body = towns
    .filter((town) => rows.includes(town.code) || !page.data.verdicts.rows.length)
    .map((town) =>
      el(
        "tr",
        { role: "row" },
        el("th", { scope: "row" }, town.name),
        shown.map((head) => cell(town, head)),
        hasRules
          ? tableCell(
              town.code,
              "",
              town.verdict,
              el("b", {}, town.text),
              `${town.name} ${say("overall")} ${town.said} ${town.text}`,
            )
          : "",
      ),
    );
  const county = el(
    "tr",
    { role: "row", class: "county" },
    el("th", { scope: "row" }, page.data.statement.countyName),
    shown.map((head) => el("td", { role: "gridcell" }, el("b", {}, cellValue(cellOf("ALL", head.category))))),
    hasRules ? el("td", { role: "gridcell" }, "") : "",
  );
  const table = el(
    "table",
    {
      class: "verdicts cells",
      role: "grid",
      "data-across": shown.length + (hasRules ? 1 : 0),
      "aria-label": say("panel_verdicts"),
    },
    el(
      "thead",
      {},
      el(
        "tr",
        { role: "row" },
        el("th", { scope: "col" }, say("township")),
        shown.map((head) =>
          el(
            "th",
            { scope: "col" },
            head.name,
            headLines(head)
              .filter(Boolean)
              .map((line) => el("small", {}, line)),
          ),
        ),
        hasRules ? el("th", { scope: "col" }, say("kinds_met")) : "",
      ),
    ),
    el("tbody", {}, body, county),
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
