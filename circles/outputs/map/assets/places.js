// Going to places, and finding what a click means.
const fly = (box) => { if (box) A.map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { padding: [24, 24], maxZoom: 16, animate: false }); };

// A township may be mostly sea: shows where its people are, else its land.
A.townshipBox = (t) => {
  const r = A.data.residents, p = A.shapes.residents;
  let w = 2, n = 2, e = -2, s = -2;
  for (let i = 0; i < p.count; i++) {
    if (r.township[i] !== t) continue;
    w = Math.min(w, p.x[i]); e = Math.max(e, p.x[i]); n = Math.min(n, p.y[i]); s = Math.max(s, p.y[i]);
  }
  return w > 1 ? A.data.townships.box[t] : [(w - 0.5) * 360, toLat(s), (e - 0.5) * 360, toLat(n)];
};

A.goTownship = (code) => { const t = A.data.townships.code.indexOf(code); if (t >= 0) fly(A.townshipBox(t)); };
A.goIsland = (i) => fly(A.data.islands.box[i]);
A.goAll = () => fly(A.data.area.bounds);
A.goGap = (i) => {
  A.state.on["gap." + A.data.gaps.category[i]] = true;
  A.set({ gap: i, circle: A.data.gaps.category[i], facility: -1 });
  fly(A.data.gaps.box[i]);
};
A.goVillage = (i) => { const at = A.data.villages.at[i]; if (at) A.map.setView([at[1], at[0]], 15, { animate: false }); };
A.goFacility = (i) => {
  const f = A.shapes.facilities;
  A.map.setView(toLatLng(f.x[i], f.y[i]), Math.max(15, A.map.getZoom()), { animate: false });
  A.chooseFacility(i);
};
A.chooseFacility = (i) => {
  const f = A.shapes.facilities, c = A.data.facilities.category[i];
  A.state.on["facility." + c] = true;
  A.way = null;
  if (c >= 0) A.data.categories.forEach((k, n) => { A.state.on["gap." + n] = n === c && A.state.side !== "difference"; });
  A.set({ facility: i, at: null, circle: c >= 0 ? c : A.state.circle });
  A.tell(toLatLng(f.x[i], f.y[i]), () => A.facilityDetail(i));
};
A.goResident = (i) => {
  const p = A.shapes.residents;
  A.map.setView(toLatLng(p.x[i], p.y[i]), Math.max(16, A.map.getZoom()), { animate: false });
  A.chooseResident(i);
};
A.chooseResident = (i) => {
  const at = toLatLng(A.shapes.residents.x[i], A.shapes.residents.y[i]);
  A.set({ facility: -1, at });
  A.tell(at, () => A.residentDetail(i));
};
A.goStreet = (k) => {
  const { at } = A.data.streets.name, s = A.shapes.streets, own = at.flatMap((v, i) => (v === k ? [i] : []));
  const e = own[Math.floor(own.length / 2)], middle = A.piece(e, 0, 0.5).at(-1);
  A.map.setView(toLatLng(...middle), Math.max(16, A.map.getZoom()), { animate: false });
  A.chooseStreet({ edge: e, fraction: 0.5, leg: 0, x: middle[0], y: middle[1] }, -1);
};
A.chooseStreet = (place, gap) => {
  const at = toLatLng(place.x, place.y);
  A.set({ facility: -1, at });
  A.tell(at, () => A.streetDetail(place, gap));
};

// What is chosen is told beside it on the map and, for the keyboard and for small screens, in the panel.
A.tell = (at, build) => { A.popup(at, build()); A.showDetail(build()); };

A.popup = (at, content) => {
  const box = A.el("div", { class: "popup", role: "group", "aria-label": A.w("detail") }, content);
  box.tabIndex = 0;
  L.popup({ maxWidth: 340, maxHeight: 360, autoPanPadding: [30, 30] }).setLatLng(at).setContent(box).openOn(A.map);
};

const nearestPoint = (points, x, y, within, wanted) => {
  let best = within * within, found = -1;
  for (let i = 0; i < points.count; i++) {
    const dx = points.x[i] - x, dy = points.y[i] - y, d = dx * dx + dy * dy;
    if (d < best && wanted(i)) { best = d; found = i; }
  }
  return found;
};

// Returns what lies under a point of the map: a facility, a resident place, a street, a gap or a township.
A.hit = (latlng) => {
  const zoom = A.map.getZoom(), pixel = 1 / (256 * 2 ** zoom), x = toX(latlng.lng), y = toY(latlng.lat), s = A.state;
  const facility = nearestPoint(A.shapes.facilities, x, y, 14 * pixel, (i) => s.on["facility." + A.data.facilities.category[i]]);
  if (facility >= 0) return { kind: "facility", i: facility };
  const resident = zoom < 13 || !s.on.residents ? -1 : nearestPoint(A.shapes.residents, x, y, 10 * pixel, () => true);
  if (resident >= 0) return { kind: "resident", i: resident };
  const gaps = A.shapes.gaps, reach = 8 * pixel;
  let gap = -1;
  for (let i = 0; i < gaps.count && gap < 0; i++) {
    const b = gaps.box;
    if (!s.on["gap." + A.data.gaps.category[i]] || x < b[4 * i] - reach || x > b[4 * i + 2] + reach || y < b[4 * i + 1] - reach || y > b[4 * i + 3] + reach) continue;
    if (A.distance2(gaps, i, x, y) < reach * reach) gap = i;
  }
  const place = zoom < 12 ? null : A.snap(latlng, null, 8 * pixel * A.metres(latlng.lat));
  if (place) return { kind: "street", place, gap };
  if (gap >= 0) return { kind: "gap", i: gap };
  for (let i = 0; i < A.shapes.townships.count; i++) if (A.contains(A.shapes.townships, i, x, y)) return { kind: "township", i };
  return null;
};

A.click = (event) => {
  if (A.data.walked && A.placing(event.latlng)) return;
  const hit = A.hit(event.latlng);
  if (!hit) { A.map.closePopup(); if (A.state.facility >= 0 || A.state.at) A.set({ facility: -1, at: null }); return; }
  const { kind, i } = hit;
  if (kind === "facility") A.chooseFacility(i);
  else if (kind === "resident") A.chooseResident(i);
  else if (kind === "street") A.chooseStreet(hit.place, hit.gap);
  else if (kind === "gap") A.tell(event.latlng, () => A.gapFacts(i));
  else if (A.rowOf(A.data.townships.code[i])) A.chooseCell(A.data.townships.code[i], A.state.cell ? A.state.cell[1] : "", false);
};

// Opens what the address names: a place of the map, a facility or a cell.
A.reopen = (view) => {
  const { at, facility, cell } = A.state, hit = at ? A.hit(L.latLng(at)) : null;
  if (hit && hit.kind === "resident") A.chooseResident(hit.i);
  else if (hit && hit.kind === "street") A.chooseStreet(hit.place, hit.gap);
  else if (facility >= 0) (view ? A.chooseFacility : A.goFacility)(facility);
  else if (cell) A.showDetail(A.cellDetail(...cell));
};

// The name of the facility under the pointer, beside it.
A.hover = (event) => {
  const pixel = 1 / (256 * 2 ** A.map.getZoom());
  const i = nearestPoint(A.shapes.facilities, toX(event.latlng.lng), toY(event.latlng.lat), 10 * pixel, (k) => A.state.on["facility." + A.data.facilities.category[k]]);
  A.map.getContainer().style.cursor = A.draft.placing ? "crosshair" : i >= 0 ? "pointer" : "";
  A.tip.hidden = i < 0;
  if (i < 0) return;
  A.tip.textContent = A.data.facilities.name[i];
  A.tip.style.left = event.containerPoint.x + 14 + "px";
  A.tip.style.top = event.containerPoint.y + 10 + "px";
};
