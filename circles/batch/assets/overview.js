"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const at = (id) => document.getElementById(id);
  const make = (tag, text, kind) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (kind) node.className = kind;
    return node;
  };
  at("title").textContent = data.title;
  at("facts").textContent = data.facts;
  at("caption").textContent = words.caption;
  at("method").textContent = words.method;
  at("find-label").textContent = words.find;
  at("show-label").textContent = words.show;
  at("demonstration").textContent = data.demonstration;
  at("demonstration").hidden = !data.demonstration;
  for (const [value, text] of data.choices) {
    const option = make("option", text);
    option.value = value;
    at("show").append(option);
  }
  for (const [kind, mark, text] of data.legend) {
    const item = make("li");
    item.append(make("b", mark, kind), make("span", text));
    at("legend").append(item);
  }
  const rank = { not_met: 0, no_data: 1, met: 2, exempt: 3, no_rule: 4 };
  const worth = (cell) => (cell === null ? 9 : rank[cell.verdict] + (cell.of ? cell.met / cell.of : 0) * 0.9);
  let sorted = { column: 0, falls: false };
  const head = make("tr");
  data.columns.forEach((name, column) => {
    const cell = make("th");
    cell.scope = "col";
    const button = make("button", name);
    button.type = "button";
    button.addEventListener("click", () => {
      sorted = { column, falls: sorted.column === column && !sorted.falls };
      draw();
    });
    cell.append(button);
    head.append(cell);
  });
  at("head").append(head);
  const key = (row, column) => (column === 0 ? row.code : column === 1 ? row.name : worth(row.cells[column - 2]));
  const compare = (a, b) => {
    const [x, y] = [key(a, sorted.column), key(b, sorted.column)];
    const order = typeof x === "number" ? x - y : x < y ? -1 : x > y ? 1 : 0;
    return (sorted.falls ? -order : order) || (a.code < b.code ? -1 : 1);
  };
  const wanted = (row) => {
    const text = at("find").value.trim().toLowerCase();
    const show = at("show").value;
    const fits = !text || row.code.toLowerCase().includes(text) || row.name.toLowerCase().includes(text);
    const overall = row.failed ? "failed" : row.cells[row.cells.length - 1].verdict;
    return fits && (show === "all" || show === overall);
  };
  const line = (row) => {
    const out = make("tr");
    out.append(make("td", row.code, "code"));
    const name = make("th");
    name.scope = "row";
    name.title = row.name;
    if (row.failed) {
      name.textContent = row.name;
    } else {
      const link = make("a", row.name);
      link.href = "regions/" + encodeURIComponent(row.code) + "/index.html";
      name.append(link);
    }
    out.append(name);
    if (row.failed) {
      const cell = make("td", words.failed, "failed");
      cell.colSpan = data.columns.length - 2;
      out.append(cell);
      return out;
    }
    const open = make("button", opened.has(row.code) ? "−" : "+");
    open.type = "button";
    open.title = words.towns;
    open.setAttribute("aria-expanded", String(opened.has(row.code)));
    open.addEventListener("click", () => {
      if (!opened.delete(row.code)) opened.add(row.code);
      draw();
    });
    name.prepend(open);
    for (const item of row.cells) {
      const cell = make("td", undefined, item === null ? "no_rule" : item.verdict);
      cell.append(make("span", item === null ? "–" : item.text));
      if (item !== null && item.value) cell.append(make("small", item.value));
      out.append(cell);
    }
    return out;
  };
  // What the region's own products say of each township: the same symbols, numbers and order.
  const opened = new Set();
  const towns = (row) =>
    !opened.has(row.code)
      ? []
      : row.towns.map((town) => {
          const out = make("tr", undefined, "town");
          const name = make("th", town.name);
          name.scope = "row";
          out.append(make("td", ""), name);
          town.cells.forEach((item, i) => {
            const cell = make("td", item === null ? "–" : item.text, item === null ? "no_rule" : item.verdict);
            if (item !== null) cell.title = [town.heads[i], item.said].filter(Boolean).join(" ");
            out.append(cell);
          });
          out.append(make("td", town.kinds));
          return out;
        });
  const draw = () => {
    const rows = data.rows.filter(wanted).sort(compare);
    at("body").replaceChildren(...rows.flatMap((row) => [line(row), ...towns(row)]));
    at("shown").textContent = words.shown.replace("{n}", rows.length).replace("{all}", data.rows.length);
    [...head.children].forEach((cell, column) => {
      cell.setAttribute("aria-sort", column !== sorted.column ? "none" : sorted.falls ? "descending" : "ascending");
    });
  };
  const failed = data.rows.filter((row) => row.failed);
  at("failed").hidden = !failed.length;
  at("failed-title").textContent = words.failed_title;
  for (const row of failed) at("failures").append(make("dt", row.code + " " + row.name), make("dd", row.failed));
  at("find").addEventListener("input", draw);
  at("show").addEventListener("change", draw);
  at("tools").addEventListener("submit", (event) => event.preventDefault());
  draw();
})();
