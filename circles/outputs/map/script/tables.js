// Tables that are sorted by a click on their heads, and their text as CSV.
import { el } from "./dom.js";
import { page } from "./page.js";
import { say } from "./text.js";
import { roving } from "./verdicts.js";

const isNumber = (text) => /^[+−-]?[\d,]+(\.\d+)?( ?[%\p{L}米]{0,6})?$/u.test(text);
const numberOf = (text) =>
  Number(
    text
      .replaceAll(",", "")
      .replace("−", "-")
      .replace(/[^\d.+-].*$/u, ""),
  );

/** Orders texts: numbers by size, texts by their language, what is missing last. */
export const inOrder = (one, other, down) => {
  const [a, b] = [one.trim(), other.trim()],
    missing = (t) => t === "" || t === "–";
  if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
  const by =
    isNumber(a) && isNumber(b) ? numberOf(a) - numberOf(b) : a.localeCompare(b, page.data ? page.data.lang : "zh");
  return down ? -by : by;
};

const sortBy = (table, column) => {
  const heads = [...table.tHead.rows[0].cells],
    body = table.tBodies[0],
    down = heads[column].getAttribute("aria-sort") === "ascending";
  heads.forEach((head, i) =>
    head.setAttribute("aria-sort", i === column ? (down ? "descending" : "ascending") : "none"),
  );
  const rows = [...body.rows].map((row, i) => ({
    row,
    i,
    text: row.cells[column] ? row.cells[column].textContent : "",
  }));
  rows.sort((a, b) => inOrder(a.text, b.text, down) || a.i - b.i);
  body.append(...rows.map(({ row }) => row));
};

const cellOf = (content) => el("td", typeof content === "string" && isNumber(content) ? { class: "num" } : {}, content);

/** A short table to read, in its own order, where the keyboard need not stop. Rows: the cells of each. */
export const plainTable = (name, heads, rows) =>
  el(
    "table",
    { class: "list", "aria-label": name },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        heads.map((text) => el("th", { scope: "col" }, text)),
      ),
    ),
    el(
      "tbody",
      {},
      rows.map((cells) => el("tr", {}, cells.map(cellOf))),
    ),
  );

/** A table whose rows can be chosen and whose heads sort. Rows: {cells, choose}. */
export const listTable = (name, heads, rows) => {
  const table = el("table", { class: "list", "aria-label": name });
  const head = (text, i) =>
    el("th", { scope: "col", "aria-sort": "none", title: say("sort"), on: { click: () => sortBy(table, i) } }, text);
  table.append(
    el("thead", {}, el("tr", {}, heads.map(head))),
    el(
      "tbody",
      {},
      rows.map((row) =>
        el("tr", row.choose ? { class: "choice", on: { click: row.choose } } : {}, row.cells.map(cellOf)),
      ),
    ),
  );
  roving(table, "th[aria-sort], tr.choice");
  return table;
};

const cellText = (text) => {
  const flat = text.replace(/\s+/g, " ").trim(),
    safe = /^[=+@\t\r-]/.test(flat) && !isNumber(flat) ? "'" + flat : flat;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** What a table shows, as CSV. @param {HTMLTableElement} table */
export const tableText = (table) =>
  [...table.rows].map((row) => [...row.cells].map((cell) => cellText(cell.textContent)).join(",")).join("\r\n") +
  "\r\n";
