// Maps of the desk: boundaries to choose from, an area before a run, the places of a table. Text reaches them as text only.
"use strict";

const COLOURS = ["#0b5cad", "#b84300", "#14602f", "#6a3d9a", "#8a6100", "#a8005c", "#00707a", "#444444"];

function pairs(flat) {
  const found = [];
  for (let at = 0; at + 1 < flat.length; at += 2) found.push([flat[at], flat[at + 1]]);
  return found;
}

function said(text) {
  const box = document.createElement("span");
  box.textContent = text;
  return box;
}

function fill(name, value) {
  for (const box of document.querySelectorAll(`[data-fill="${name}"]`)) box.replaceChildren(...[].concat(value));
}

function base(box) {
  const map = L.map(box, { preferCanvas: true, attributionControl: false, zoomSnap: 0.25, boxZoom: false });
  map.setView([30.7, 122.4], 9);
  L.control.scale({ imperial: false }).addTo(map);
  return map;
}

function fit(map, shapes) {
  const bounds = L.latLngBounds([]);
  for (const shape of shapes) bounds.extend(shape.getBounds());
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [12, 12] });
}

/** Boundaries: the chosen one is filled; a click on the map chooses; Shift and drag draws a box. */
function boundaries(box, data) {
  const map = base(box);
  const form = box.closest("form");
  const shapes = new Map();
  for (const row of [...data.boundaries].sort((a, b) => (b.km2 || 0) - (a.km2 || 0))) {
    if (!row.rings.length) continue;
    const shape = L.polygon(row.rings.map(pairs), { weight: 1, color: "#555", fillOpacity: 0.03 }).addTo(map);
    shape.bindTooltip(said(row.name || `r${row.number}`));
    shape.on("click", () => choose(String(row.number)));
    shapes.set(String(row.number), shape);
  }
  let drawn = null;
  const radios = [...form.querySelectorAll("input[name=boundary]")];
  const field = form.querySelector("input[name=box]");
  function light() {
    const wanted = radios.find((radio) => radio.checked)?.value;
    for (const [number, shape] of shapes) {
      const own = number === wanted;
      shape.setStyle({ weight: own ? 3 : 1, color: own ? "#0b4a8f" : "#555", fillOpacity: own ? 0.15 : 0.03 });
      if (own) fit(map, [shape]);
    }
  }
  function choose(number) {
    const radio = radios.find((item) => item.value === number);
    if (!radio) return;
    radio.checked = true;
    radio.scrollIntoView({ block: "nearest" });
    light();
  }
  for (const radio of radios) radio.addEventListener("change", light);
  function drawBox(bounds) {
    if (drawn) drawn.remove();
    drawn = L.rectangle(bounds, { color: "#b84300", weight: 2, fillOpacity: 0.1 }).addTo(map);
  }
  let from = null;
  map.on("mousedown", (event) => {
    if (!event.originalEvent.shiftKey) return;
    from = event.latlng;
    map.dragging.disable();
  });
  map.on("mousemove", (event) => from && drawBox(L.latLngBounds(from, event.latlng)));
  map.on("mouseup", (event) => {
    if (!from) return;
    const bounds = L.latLngBounds(from, event.latlng);
    from = null;
    map.dragging.enable();
    drawBox(bounds);
    field.value = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((v) => v.toFixed(5)).join(",");
    choose("box");
  });
  field.addEventListener("change", () => {
    const [w, s, e, n] = field.value.split(/[,，]/).map(Number);
    if (![w, s, e, n].every(Number.isFinite)) return;
    drawBox(L.latLngBounds([s, w], [n, e]));
    choose("box");
  });
  fit(map, [...shapes.values()]);
  light();
}

function dots(map, places, kinds) {
  for (const [lat, lon, name, kind, at] of places) {
    L.circleMarker([lat, lon], { radius: 5, color: "#222", weight: 1, fillColor: COLOURS[at % COLOURS.length], fillOpacity: 0.9 })
      .bindTooltip(said(`${name} ${kind}`))
      .addTo(map);
  }
  const list = document.createElement("ul");
  list.className = "legend";
  kinds.forEach((kind, at) => {
    const item = document.createElement("li");
    const dot = document.createElement("span");
    dot.className = "dot";
    dot.style.background = COLOURS[at % COLOURS.length];
    item.append(dot, kind);
    list.append(item);
  });
  map.getContainer().after(list);
}

/** An area before a run: land, townships, streets, places. */
function area(box, data) {
  if (data.wrong) {
    const lines = data.wrong.map((line) => {
      const row = document.createElement("p");
      row.className = "notice bad";
      row.textContent = line;
      return row;
    });
    fill("wrong", lines);
    for (const name of ["counts", "residents"]) fill(name, "–");
    base(box);
    return;
  }
  const map = base(box);
  L.polygon(data.land.map((ring) => [pairs(ring)]), { weight: 0.5, color: "#777", fillColor: "#fbfaf6", fillOpacity: 1 }).addTo(map);
  L.polyline(data.streets.map(pairs), { weight: 1, color: "#7a7f87" }).addTo(map);
  const towns = data.townships.map((town) => {
    const shape = L.polygon(town.rings.map(pairs), { weight: 1.5, color: "#0b4a8f", dashArray: "5 4", fill: false }).addTo(map);
    shape.bindTooltip(said(town.name));
    return shape;
  });
  dots(map, data.places, data.kinds);
  fit(map, towns);
  fill("crs_name", data.crs_name);
  fill("counts", Object.entries(data.counts).map(([kind, count]) => `${kind} ${count}`).join("　"));
  fill("residents", String(data.people === null ? data.residents : Math.round(data.people)));
  fill("doubts", `(${data.findings.length})`);
  fill(
    "findings",
    data.findings.map((item) => {
      const row = document.createElement("li");
      row.textContent = `${item.table}　${item.text}　${item.fix}`;
      return row;
    }),
  );
}

/** The places of a table. */
function places(box, data) {
  const map = base(box);
  dots(map, data.places, data.kinds);
  if (data.places.length) map.fitBounds(L.latLngBounds(data.places.map(([lat, lon]) => [lat, lon])), { padding: [20, 20], maxZoom: 15 });
}

const SHOWN = { boundaries, area, places };

document.addEventListener("DOMContentLoaded", async () => {
  for (const box of document.querySelectorAll("[data-map]")) {
    try {
      const inline = document.getElementById(box.dataset.inline || "");
      const data = inline ? JSON.parse(inline.textContent) : await (await fetch(box.dataset.source)).json();
      SHOWN[box.dataset.map](box, data);
      box.dataset.drawn = "yes";
    } catch (error) {
      box.textContent = String(error);
      box.dataset.drawn = "no";
    }
  }
});
