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
  const f = A.shapes.facilities, c = A.data.facilities.category[i];
  A.state.on["facility." + c] = true;
  A.set({ facility: i, circle: A.hasOwnAreas(i) ? c : A.state.circle });
  A.map.setView(toLatLng(f.x[i], f.y[i]), Math.max(15, A.map.getZoom()), { animate: false });
  A.popup(toLatLng(f.x[i], f.y[i]), A.facilityDetail(i));
};

A.hasOwnAreas = (i) => A.data.serviceAreas.facility.includes(i);

A.popup = (at, content) => {
  const box = A.el("div", { class: "popup" }, content);
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

// Returns what lies under a point of the map: a facility, a resident place, a gap or a township.
A.hit = (latlng) => {
  const zoom = A.map.getZoom(), pixel = 1 / (256 * 2 ** zoom), x = toX(latlng.lng), y = toY(latlng.lat), s = A.state;
  const facility = nearestPoint(A.shapes.facilities, x, y, 14 * pixel, (i) => s.on["facility." + A.data.facilities.category[i]]);
  if (facility >= 0) return { kind: "facility", i: facility };
  const resident = zoom < 12 || !s.on.residents ? -1 : nearestPoint(A.shapes.residents, x, y, 14 * pixel, () => true);
  if (resident >= 0) return { kind: "resident", i: resident };
  const gaps = A.shapes.gaps, reach = 8 * pixel;
  for (let i = 0; i < gaps.count; i++) {
    const b = gaps.box;
    if (!s.on["gap." + A.data.gaps.category[i]] || x < b[4 * i] - reach || x > b[4 * i + 2] + reach || y < b[4 * i + 1] - reach || y > b[4 * i + 3] + reach) continue;
    if (A.distance2(gaps, i, x, y) < reach * reach) return { kind: "gap", i };
  }
  for (let i = 0; i < A.shapes.townships.count; i++) if (A.contains(A.shapes.townships, i, x, y)) return { kind: "township", i };
  return null;
};

A.click = (event) => {
  if (A.data.walked && A.placing(event.latlng)) return;
  const hit = A.hit(event.latlng);
  if (!hit) { A.map.closePopup(); if (A.state.facility >= 0) A.set({ facility: -1 }); return; }
  const { kind, i } = hit;
  if (kind === "facility") {
    const f = A.shapes.facilities;
    A.set({ facility: i, circle: A.hasOwnAreas(i) ? A.data.facilities.category[i] : A.state.circle });
    A.popup(toLatLng(f.x[i], f.y[i]), A.facilityDetail(i));
  } else if (kind === "resident") {
    A.popup(toLatLng(A.shapes.residents.x[i], A.shapes.residents.y[i]), A.residentDetail(i));
  } else if (kind === "gap") {
    const g = A.data.gaps;
    A.popup(event.latlng, [A.el("h3", {}, A.w("gap_title", { id: g.id[i] })), A.definitions([
      [A.w("service"), (A.data.categories[g.category[i]] || {}).name], [A.w("township"), A.data.townships.name[g.township[i]] || A.w("township_NONE")],
      [A.w("gap_people", { unit: A.data.area.unit }), A.number(g.population[i], 1)],
      [A.w("gap_median"), g.median[i] === null ? "–" : A.number(g.median[i], 1)], [A.w("gap_reason"), A.named("reason_", g.reason[i])]])]);
  } else {
    const code = A.data.townships.code[i];
    if (A.rowOf(code)) A.chooseCell(code, A.state.cell ? A.state.cell[1] : "", false);
  }
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
