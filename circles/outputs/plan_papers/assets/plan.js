"use strict";
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var say = data.words;
  var LIGHTS = ["done", "green", "yellow", "red", "unreported", "pending", "not_due", "monitored"];
  var SIGN = { done: "✔", green: "●", yellow: "▲", red: "■", unreported: "○", pending: "◌", not_due: "·", monitored: "–" };
  var HUE = { done: "#14663a", green: "#2b8a4b", yellow: "#8a6100", red: "#b3261e", unreported: "#5b4b8a", pending: "#35607d", not_due: "#6b7680", monitored: "#6b7680" };

  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text !== undefined && text !== null) { node.textContent = text; }
    return node;
  }
  function shape(tag, attributes) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    return node;
  }
  function fill(template, values) {
    return template.replace(/\{(\w+)\}/g, function (all, key) { return key in values ? String(values[key]) : all; });
  }
  function byId(name) { return document.getElementById(name); }
  function light(name, hollow) {
    var text = say["light_" + name];
    return hollow ? make("span", "light hollow " + name, "◇ " + text + "（" + say.not_accepted + "）") : make("span", "light " + name, SIGN[name] + " " + text);
  }
  function signed(value) { return (value > 0 ? "+" : "") + value; }

  function bullet(item) {
    var width = 180, top = Math.min(150, Math.max(120, item.att || 0)), scale = width / top;
    var svg = shape("svg", { width: width, height: 22, viewBox: "0 0 " + width + " 22", role: "img" });
    var title = shape("title", {});
    title.textContent = say.page_target + " " + item.target + (item.att === null ? "" : " · " + item.att + "%") +
      (item.pace === null ? "" : " · " + say.page_pace + " " + item.pace + "%");
    svg.appendChild(title);
    svg.appendChild(shape("rect", { x: 0, y: 5, width: width, height: 12, fill: "#e4e9ee" }));
    if (item.att !== null) {
      svg.appendChild(shape("rect", { x: 0, y: 8, width: Math.min(width, item.att * scale), height: 6, fill: HUE[item.light] }));
    }
    svg.appendChild(shape("rect", { x: 100 * scale - 1, y: 2, width: 2, height: 18, fill: "#1c2733" }));
    if (item.pace !== null) {
      var x = item.pace * scale;
      svg.appendChild(shape("path", { d: "M" + x + " 4 l5 7 l-5 7 l-5 -7 z", fill: "#fff", stroke: "#1c2733", "stroke-width": 1.5 }));
    }
    return svg;
  }

  function sparkline(item) {
    var width = 100, height = 26, points = item.trend;
    var svg = shape("svg", { width: width, height: height, viewBox: "0 0 " + width + " " + height, role: "img" });
    if (points.length === 0) { return svg; }
    var title = shape("title", {});
    title.textContent = say.page_spark + ": " + points.map(function (p) { return p[0] + " " + p[1]; }).join(", ");
    svg.appendChild(title);
    var values = points.map(function (p) { return Number(p[1]); });
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values), span = high - low || 1;
    var line = values.map(function (value, i) {
      var x = 4 + (points.length === 1 ? width - 8 : i * (width - 8) / (points.length - 1));
      return x.toFixed(1) + "," + (height - 5 - (high === low ? 0.5 : (value - low) / span) * (height - 10)).toFixed(1);
    });
    svg.appendChild(shape("polyline", { points: line.join(" "), fill: "none", stroke: "#2f6ea8", "stroke-width": 1.5 }));
    var last = line[line.length - 1].split(",");
    svg.appendChild(shape("circle", { cx: last[0], cy: last[1], r: 2.5, fill: "#17324d" }));
    return svg;
  }

  function card(item) {
    var row = make("li");
    row.id = "m-" + item.id;
    row.appendChild(light(item.light, item.hollow));
    var name = make("div", "name-box");
    name.appendChild(make("div", "name", (item.no ? item.no + " " : "") + item.name));
    name.appendChild(make("div", "soft", item.field + " · " + item.lead + " · " + item.id));
    row.appendChild(name);
    var value = make("div", "value");
    value.appendChild(make("strong", "", item.value === null ? "–" : item.value + " " + item.valueUnit));
    value.appendChild(make("div", "soft", say.page_target + " " + item.target + " " + item.targetUnit + (item.period ? " · " + item.period : "")));
    row.appendChild(value);
    var chart = make("div", "bullet");
    if (item.hasTarget) { chart.appendChild(bullet(item)); }
    row.appendChild(chart);
    var trend = make("div", "trend");
    trend.appendChild(sparkline(item));
    row.appendChild(trend);
    var why = make("div", "why soft");
    why.appendChild(make("div", "", item.why));
    var parts = [];
    if (item.gapText) { parts.push(item.gapText); } else if (item.gap !== null) { parts.push(say.page_gap + " " + signed(item.gap) + " " + say.page_points); }
    if (item.also) { parts.push(item.also); }
    if (item.overdue) { parts.push(fill(say.page_days_overdue, { days: item.overdue })); }
    if (item.late) { parts.push(fill(say.page_days_unreported, { days: item.late })); }
    if (item.forecast !== null) { parts.push((say.page_forecast + " " + item.forecast + " " + item.valueUnit).trim() + " (" + item.method + ")"); }
    if (item.sample) { parts.push(item.sample); }
    if (item.check) { parts.push(say.page_check + ": " + item.check); }
    if (parts.length) { why.appendChild(make("div", "", parts.join(" · "))); }
    if (item.progress) { why.appendChild(make("div", "", say.page_progress + "：" + item.progress)); }
    if (item.mapped && data.map) {
      var link = make("a", "", say.page_map);
      link.href = data.map;
      why.appendChild(link);
    }
    row.appendChild(why);
    return row;
  }

  function table(place, heads, rows, numeric) {
    var box = byId(place);
    if (!rows.length) { box.appendChild(make("p", "soft", say.page_nothing)); box.style.padding = "0 10px"; return; }
    var node = make("table"), head = node.createTHead().insertRow();
    heads.forEach(function (text, i) { head.appendChild(make("th", numeric.indexOf(i) >= 0 ? "n" : "", text)); });
    var body = node.createTBody();
    rows.forEach(function (cells) {
      var row = body.insertRow();
      cells.forEach(function (content, i) {
        var cell = make("td", numeric.indexOf(i) >= 0 ? "n" : "");
        if (content instanceof Node) { cell.appendChild(content); } else { cell.textContent = content === null ? "" : content; }
        row.appendChild(cell);
      });
    });
    box.appendChild(node);
  }
  function jump(item) {
    var link = make("a", "", item.name);
    link.href = "#m-" + item.id;
    link.addEventListener("click", function () { clearFilters(); });
    return link;
  }

  var filters = { field: "", lead: "", group: "", light: "", text: "" };
  function passes(item) {
    return (!filters.field || item.field === filters.field) && (!filters.lead || item.lead === filters.lead) &&
      (!filters.group || item.group === filters.group) && (!filters.light || item.light === filters.light) &&
      (!filters.text || (item.name + item.id + item.no).toLowerCase().indexOf(filters.text) >= 0);
  }
  var cards = data.items.map(card), list = byId("measures");
  cards.forEach(function (node) { list.appendChild(node); });
  function apply() {
    var shown = 0;
    data.items.forEach(function (item, i) {
      var show = passes(item);
      cards[i].style.display = show ? "" : "none";
      shown += show ? 1 : 0;
    });
    byId("shown").textContent = fill(say.page_shown, { shown: shown, total: data.items.length });
    Array.prototype.forEach.call(byId("chips").children, function (chip) {
      chip.setAttribute("aria-pressed", String(chip.value === filters.light));
    });
  }
  function clearFilters() {
    Object.keys(filters).forEach(function (key) { filters[key] = ""; });
    ["field", "lead", "group", "light", "text"].forEach(function (key) { byId("f-" + key).value = ""; });
    apply();
  }
  function choices(key, label, pairs) {
    var select = make("select");
    select.id = "f-" + key;
    [["", say.page_all]].concat(pairs).forEach(function (pair) {
      var option = make("option", "", pair[1]);
      option.value = pair[0];
      select.appendChild(option);
    });
    select.addEventListener("change", function () { filters[key] = select.value; apply(); });
    var box = make("label", "", label);
    box.appendChild(select);
    byId("filters").appendChild(box);
  }
  function distinct(key) {
    var seen = [];
    data.items.forEach(function (item) { if (seen.indexOf(item[key]) < 0) { seen.push(item[key]); } });
    return seen.map(function (text) { return [text, text]; });
  }

  LIGHTS.forEach(function (name) {
    var chip = make("button", name);
    chip.type = "button";
    chip.value = name;
    chip.appendChild(light(name));
    chip.appendChild(make("strong", "", data.items.filter(function (item) { return item.light === name; }).length));
    chip.addEventListener("click", function () {
      filters.light = filters.light === name ? "" : name;
      byId("f-light").value = filters.light;
      apply();
    });
    byId("chips").appendChild(chip);
  });
  choices("field", say.page_filter_field, distinct("field"));
  choices("lead", say.page_filter_unit, distinct("lead"));
  choices("group", say.page_filter_group, distinct("group"));
  choices("light", say.page_filter_light, LIGHTS.map(function (name) { return [name, say["light_" + name]]; }));
  var search = make("input");
  search.type = "search";
  search.id = "f-text";
  search.placeholder = say.page_search;
  search.setAttribute("aria-label", say.page_search);
  search.addEventListener("input", function () { filters.text = search.value.trim().toLowerCase(); apply(); });
  byId("filters").appendChild(search);
  var shown = make("span", "soft");
  shown.id = "shown";
  byId("filters").appendChild(shown);

  var index = {};
  data.items.forEach(function (item) { index[item.id] = item; });
  table("red", [say.col_name, say.col_lead, say.col_value, say.col_target, say.page_gap, say.col_days_overdue], data.red.map(function (id) {
    var item = index[id];
    var value = item.value === null ? "" : (item.value + " " + item.valueUnit).trim() + (item.period ? "（" + item.period + "）" : "");
    return [jump(item), item.lead, value, (item.target + " " + item.targetUnit).trim(), item.gapText || (item.gap === null ? "" : signed(item.gap) + " " + say.page_points), item.overdue || ""];
  }), [2, 3, 4, 5]);
  table("changes", [say.col_name, say.change_kind, say.change_before, say.change_after], data.changes.map(function (c) {
    var isLight = c[1] === "light";
    return [c[0] + (c[2] ? " " + c[2] : ""), say["change_" + c[1]], isLight ? light(c[3]) : c[3], isLight ? light(c[4]) : c[4] + (c[5] ? " (" + c[5] + ")" : "")];
  }), []);
  table("actions", [say.action_id, say.action_problem, say.action_unit, say.action_due, say.action_state], data.actions.map(function (a) {
    return [a.id, a.problem, a.unit, a.due, say["action_" + a.state] + (a.note ? " · " + a.note : "")];
  }), []);
  table("rollup", [""].concat(LIGHTS.map(function (name) { return say["light_" + name]; }), [say.rollup_on_track]), data.rollups.map(function (r) {
    return [r.name].concat(r.counts, [r.share]);
  }), [1, 2, 3, 4, 5, 6, 7]);
  table("quarters", [""].concat(LIGHTS.map(function (name) { return say["light_" + name]; }), [say.rollup_on_track]), data.quarters.map(function (r) {
    return [r.name].concat(r.counts, [r.share]);
  }), [1, 2, 3, 4, 5, 6, 7]);
  table("resources", [say.col_lead, say.resources_expected, say.resources_registered, say.resources_stale, say.resources_urged], data.resources, [1, 2, 3, 4]);
  table("notes", [say.note_kind, say.note_text], data.notes, []);
  if (data.map) {
    var link = make("a", "", say.page_map);
    link.href = data.map;
    byId("maplink").appendChild(link);
  }
  apply();
  document.documentElement.dataset.ready = "yes";
})();
