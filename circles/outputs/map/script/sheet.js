// The map: Leaflet with three canvases of our own.
import { el, fillNode } from "./dom.js";
import { buildIslands, syncIslands } from "./islands.js";
import { AREA_OPACITY, legendEntries, northArrow, statusLine, syncLayers } from "./layers.js";
import { page } from "./page.js";
import { paintAreas, paintBase } from "./paint.js";
import { paintTop } from "./paint_places.js";
import { syncCells, syncFilters } from "./panel.js";
import { goAll, goWhole, onClick, onHover } from "./places.js";
import { setState, writeHash } from "./state.js";
import { say } from "./text.js";
import { levelOf, viewOf } from "./view.js";

const levelled = (...args) => {
  const v = viewOf(...args);
  return { ...v, level: levelOf(v.zoom), isScreen: true };
};
const degreesBounds = ([w, s, e, n]) => L.latLngBounds([s, w], [n, e]);

/** A canvas that one of our painters fills. @type {any} */
const Sheet = L.Canvas.extend({
  initialize(paint, options) {
    L.setOptions(this, options);
    this.paint = paint;
  },
  // Leaflet places a settled canvas on fractions of a pixel, which blurs it; whole pixels do not.
  _updateTransform(center, zoom) {
    if (zoom === this._zoom && center.equals(this._center, 1e-9)) {
      L.DomUtil.setPosition(this._container, this._bounds.min);
    } else /** @type {any} */ (L.Canvas.prototype)._updateTransform.call(this, center, zoom);
  },
  _draw() {
    if (!this._ctx || !this._bounds || !this._map) return;
    const zoom = this._map.getZoom(),
      origin = this._map.getPixelOrigin(),
      b = this._bounds;
    const corner = this._map.containerPointToLayerPoint([0, 0]),
      size = this._map.getSize();
    this._ctx.save();
    this._ctx.beginPath();
    this.paint(
      this._ctx,
      levelled(zoom, origin.x, origin.y, b.min.x, b.min.y, b.max.x, b.max.y, [
        corner.x,
        corner.y,
        corner.x + size.x,
        corner.y + size.y,
      ]),
      page.state,
    );
    this._ctx.restore();
  },
});

export const buildMap = (view) => {
  const map = (page.map = circles_map);
  const box = map.getContainer();
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", say("map_label"));
  box.tabIndex = -1;
  if (map.attributionControl) map.attributionControl.setPrefix(false);
  L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
  page.tip = el("div", { id: "tip", hidden: true });
  const list = el("ul", {}),
    status = el("div", { id: "status" }, statusLine());
  const legend = el("details", { id: "legend", open: innerWidth > 700 }, el("summary", {}, say("legend")), list);
  document.body.append(el("div", { id: "foot", role: "region", "aria-label": say("legend") }, legend, status));
  const home = el("button", { type: "button", id: "home", hidden: true, on: { click: goWhole } }, say("home"));
  box.append(page.tip, northArrow(), home);
  L.DomEvent.disableClickPropagation(home);
  buildIslands(box);
  fillNode(list, legendEntries(page.state));
  baseTiles(map);
  map.invalidateSize({ animate: false });
  new ResizeObserver(() => map.invalidateSize({ animate: false, pan: false })).observe(box);
  const sheets = [
    ["base", paintBase, 210, 1],
    ["areas", paintAreas, 220, AREA_OPACITY],
    ["top", paintTop, 230, 1],
  ].map(([name, paint, z, opacity]) => {
    const pane = map.createPane(name);
    Object.assign(pane.style, { zIndex: z, opacity, pointerEvents: "none" });
    return new Sheet(paint, { pane: name, padding: 0.15 });
  });
  if (view) map.setView([view[1], view[2]], view[0], { animate: false });
  else goAll();
  const fit = () => {
    page.countyZoom = map.getBoundsZoom(degreesBounds(page.data.area.bounds), false, L.point(24, 24));
  };
  fit();
  map.on("resize", fit);
  for (const sheet of sheets) sheet.addTo(map);
  page.sheets = sheets;
  let waiting = 0;
  page.redraw = () => {
    waiting = 0;
    for (const sheet of sheets) {
      sheet._clear();
      sheet._draw();
    }
  };
  page.listeners.push((state) => {
    if (!waiting) waiting = requestAnimationFrame(page.redraw);
    syncLayers(state);
    syncFilters(state);
    syncCells(state);
    syncIslands();
    fillNode(status, statusLine());
    fillNode(list, legendEntries(state));
  });
  map.on("moveend", () => {
    writeHash();
    fillNode(list, legendEntries(page.state));
  });
  map.on("movestart", () => {
    if (page.state.overview) setState({ overview: false });
  });
  map.on("click", onClick);
  map.on("mousemove", onHover);
};

// 天地图 under everything, where the area file carries a key; where it does not come, our own land is there all the same.
const TILE_OPTIONS = { pane: "tiles-of-others", subdomains: "01234567", maxNativeZoom: 18, maxZoom: 19 };
export const baseTiles = (map) => {
  const key = page.data.area.tianditu;
  if (!key) return;
  const pane = map.createPane("tiles-of-others");
  Object.assign(pane.style, { zIndex: 215, mixBlendMode: "multiply", pointerEvents: "none" });
  const layers = ["vec", "cva"].map((name) =>
    L.tileLayer(
      page.data.area.tiles,
      /** @type {any} */ ({ ...TILE_OPTIONS, layer: name, key: encodeURIComponent(key) }),
    ),
  );
  const sync = (state) =>
    layers.forEach((layer) => {
      if (state.on.tianditu) layer.addTo(map);
      else layer.remove();
    });
  page.listeners.push(sync);
};
