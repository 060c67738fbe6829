// Going to places, and finding what a click means.
import { cellDetail, chooseCell, facilityDetail, residentDetail, showDetail } from "./detail.js";
import { el } from "./dom.js";
import { contains, distance2, toLat, toLatLng, toX, toY } from "./geometry.js";
import { hasIslands } from "./islands.js";
import { pieceOf } from "./network.js";
import { page } from "./page.js";
import { setState } from "./state.js";
import { say } from "./text.js";
import { rowOf } from "./verdicts.js";
import { levelOf } from "./view.js";
import { placeDraft } from "./whatif.js";
import { gapFacts, metresPerUnit, snapTo, streetDetail } from "./why.js";

export const fly = (box) => {
  if (box) {
    page.map.fitBounds(
      [
        [box[1], box[0]],
        [box[3], box[2]],
      ],
      { padding: [24, 24], maxZoom: 16, animate: false },
    );
  }
};

// A township may be mostly sea: shows where its people are, else its land.
export const townshipBox = (t) => {
  const r = page.data.residents,
    p = page.shapes.residents;
  let w = 2,
    n = 2,
    e = -2,
    s = -2;
  for (let i = 0; i < p.count; i++) {
    if (r.township[i] !== t) continue;
    w = Math.min(w, p.x[i]);
    e = Math.max(e, p.x[i]);
    n = Math.min(n, p.y[i]);
    s = Math.max(s, p.y[i]);
  }
  return w > 1 ? page.data.townships.box[t] : [(w - 0.5) * 360, toLat(s), (e - 0.5) * 360, toLat(n)];
};

/** Goes to a box of degrees, away from the frames of the islands. */
export const goBox = (box) => {
  setState({ overview: false });
  fly(box);
};

/** Back to the first screen: the frames of the islands, or the whole map where there are none. */
export const goWhole = () => {
  const isIslands = !page.state.overview && hasIslands() && page.state.side !== "difference";
  setState({ overview: false });
  goAll();
  setState({ overview: isIslands, facility: -1, gap: -1, at: null });
};

export const goTownship = (code) => {
  const t = page.data.townships.code.indexOf(code);
  if (t >= 0) fly(townshipBox(t));
};
export const goIsland = (i) => fly(page.data.islands.box[i]);
export const goAll = () => fly(page.data.area.bounds);
export const goGap = (i) => {
  page.state.on["gap." + page.data.gaps.category[i]] = true;
  setState({ gap: i, circle: page.data.gaps.category[i], facility: -1 });
  fly(page.data.gaps.box[i]);
};
export const goVillage = (i) => {
  const at = page.data.villages.at[i];
  if (at) page.map.setView([at[1], at[0]], 15, { animate: false });
};
export const goFacility = (i) => {
  const f = page.shapes.facilities;
  page.map.setView(toLatLng(f.x[i], f.y[i]), Math.max(15, page.map.getZoom()), { animate: false });
  chooseFacility(i);
};
export const chooseFacility = (i) => {
  const f = page.shapes.facilities,
    c = page.data.facilities.category[i];
  page.state.on["facility." + c] = true;
  page.way = null;
  if (c >= 0) {
    page.data.categories.forEach((k, n) => {
      page.state.on["gap." + n] = n === c && page.state.side !== "difference";
    });
  }
  setState({ facility: i, at: null, circle: c >= 0 ? c : page.state.circle });
  showBoth(toLatLng(f.x[i], f.y[i]), () => facilityDetail(i));
};
export const goResident = (i) => {
  const p = page.shapes.residents;
  page.map.setView(toLatLng(p.x[i], p.y[i]), Math.max(16, page.map.getZoom()), { animate: false });
  chooseResident(i);
};
export const chooseResident = (i) => {
  const at = toLatLng(page.shapes.residents.x[i], page.shapes.residents.y[i]);
  setState({ facility: -1, at });
  showBoth(at, () => residentDetail(i));
};
export const goStreet = (k) => {
  const { at } = page.data.streets.name,
    own = [];
  at.forEach((v, i) => {
    if (v === k) own.push(i);
  });
  const e = own[Math.floor(own.length / 2)],
    middle = pieceOf(e, 0, 0.5).at(-1);
  page.map.setView(toLatLng(...middle), Math.max(16, page.map.getZoom()), { animate: false });
  chooseStreet({ edge: e, fraction: 0.5, leg: 0, x: middle[0], y: middle[1] }, -1);
};
export const chooseStreet = (place, gap) => {
  const at = toLatLng(place.x, place.y);
  setState({ facility: -1, at });
  showBoth(at, () => streetDetail(place, gap));
};

// What is chosen is named beside it on the map and described in the panel; on small screens, whose panel is elsewhere, described on both.
export const showBoth = (at, build) => {
  const isBeside = innerWidth > 700,
    content = build();
  openPopup(at, isBeside ? [content[0].cloneNode(true), el("p", { class: "soft" }, say("popup_more"))] : build());
  showDetail(content);
};

export const openPopup = (at, content) => {
  const box = el("div", { class: "popup", role: "group", "aria-label": say("detail") }, content);
  box.tabIndex = 0;
  L.popup({ maxWidth: 340, maxHeight: 360, autoPanPadding: [30, 30] })
    .setLatLng(at)
    .setContent(box)
    .openOn(page.map);
};

const nearestPoint = (points, x, y, within, wanted) => {
  let best = within * within,
    found = -1;
  for (let i = 0; i < points.count; i++) {
    const dx = points.x[i] - x,
      dy = points.y[i] - y,
      d = dx * dx + dy * dy;
    if (d < best && wanted(i)) {
      best = d;
      found = i;
    }
  }
  return found;
};

// Returns what lies under a point of the map: a facility, a resident place, a street, a gap or a township.
export const hitAt = (latlng) => {
  const zoom = page.map.getZoom(),
    pixel = 1 / (256 * 2 ** zoom),
    x = toX(latlng.lng),
    y = toY(latlng.lat),
    s = page.state;
  const isCounty = levelOf(zoom) === "county" && s.side !== "difference";
  const facility = isCounty
    ? -1
    : nearestPoint(
        page.shapes.facilities,
        x,
        y,
        14 * pixel,
        (i) => s.on["facility." + page.data.facilities.category[i]],
      );
  if (facility >= 0) return { kind: "facility", i: facility };
  const resident =
    zoom < 14 || !s.on.residents ? -1 : nearestPoint(page.shapes.residents, x, y, 10 * pixel, () => true);
  if (resident >= 0) return { kind: "resident", i: resident };
  const gaps = page.shapes.gaps,
    reach = 8 * pixel;
  let gap = -1;
  for (let i = 0; i < gaps.count && gap < 0 && !isCounty; i++) {
    const b = gaps.box;
    if (
      !s.on["gap." + page.data.gaps.category[i]] ||
      x < b[4 * i] - reach ||
      x > b[4 * i + 2] + reach ||
      y < b[4 * i + 1] - reach ||
      y > b[4 * i + 3] + reach
    ) {
      continue;
    }
    if (distance2(gaps, i, x, y) < reach * reach) gap = i;
  }
  const place = zoom < 12 || isCounty ? null : snapTo(latlng, null, 8 * pixel * metresPerUnit(latlng.lat));
  if (place) return { kind: "street", place, gap };
  if (gap >= 0) return { kind: "gap", i: gap };
  for (let i = 0; i < page.shapes.townships.count; i++) {
    if (contains(page.shapes.townships, i, x, y)) return { kind: "township", i };
  }
  return null;
};

export const onClick = (event) => {
  if (page.data.walked && placeDraft(event.latlng)) return;
  const hit = hitAt(event.latlng);
  if (!hit) {
    page.map.closePopup();
    if (page.state.facility >= 0 || page.state.at) setState({ facility: -1, at: null });
    return;
  }
  const { kind, i } = hit;
  if (kind === "facility") chooseFacility(i);
  else if (kind === "resident") chooseResident(i);
  else if (kind === "street") chooseStreet(hit.place, hit.gap);
  else if (kind === "gap") showBoth(event.latlng, () => gapFacts(i));
  else if (rowOf(page.data.townships.code[i])) {
    chooseCell(page.data.townships.code[i], page.state.cell ? page.state.cell[1] : "", false);
  }
};

// Opens what the address names: a place of the map, a facility or a cell.
export const reopen = (view) => {
  const { at, facility, cell } = page.state,
    hit = at ? hitAt(L.latLng(at)) : null;
  if (hit && hit.kind === "resident") chooseResident(hit.i);
  else if (hit && hit.kind === "street") chooseStreet(hit.place, hit.gap);
  else if (facility >= 0) (view ? chooseFacility : goFacility)(facility);
  else if (cell) showDetail(cellDetail(...cell));
};

// The name of the facility under the pointer, beside it.
export const onHover = (event) => {
  const pixel = 1 / (256 * 2 ** page.map.getZoom());
  const i = nearestPoint(
    page.shapes.facilities,
    toX(event.latlng.lng),
    toY(event.latlng.lat),
    10 * pixel,
    (k) => page.state.on["facility." + page.data.facilities.category[k]],
  );
  page.map.getContainer().style.cursor = page.draft.placing ? "crosshair" : i >= 0 ? "pointer" : "";
  page.tip.hidden = i < 0;
  if (i < 0) return;
  page.tip.textContent = page.data.facilities.name[i];
  page.tip.style.left = event.containerPoint.x + 14 + "px";
  page.tip.style.top = event.containerPoint.y + 10 + "px";
};
