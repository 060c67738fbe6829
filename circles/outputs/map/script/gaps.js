// The villages of a gap: those whose unreached people are nearest to it, most people first.
import { distance2 } from "./geometry.js";
import { page } from "./page.js";

const MOST = 3;
const known = new WeakMap();

const ofCategory = (c) => {
  const { gaps, residents, area } = page.data,
    { x, y, count } = page.shapes.residents,
    minutes = residents.minutes[c],
    found = new Map();
  const byTown = new Map();
  gaps.category.forEach((own, i) => {
    if (own === c) byTown.set(gaps.township[i], [...(byTown.get(gaps.township[i]) || []), i]);
  });
  for (let r = 0; r < count; r++) {
    if (residents.village[r] < 0 || (minutes[r] >= 0 && minutes[r] <= area.limit * 100)) continue;
    let best = Infinity,
      gap = -1;
    for (const i of byTown.get(residents.township[r]) || []) {
      const d = distance2(page.shapes.gaps, i, x[r], y[r]);
      if (d < best) {
        best = d;
        gap = i;
      }
    }
    if (gap < 0) continue;
    const own = found.get(gap) || new Map();
    own.set(residents.village[r], (own.get(residents.village[r]) || 0) + (residents.population[r] || 0));
    found.set(gap, own);
  }
  return found;
};

/** Names of the villages of gap i, at most three; '' where none is known. @param {number} i */
export const gapVillages = (i) => {
  const { gaps, villages, lang } = page.data,
    c = gaps.category[i];
  if (!villages.name.length || c < 0) return "";
  if (!known.has(gaps)) known.set(gaps, new Map());
  const kept = known.get(gaps);
  if (!kept.has(c)) kept.set(c, ofCategory(c));
  const own = [...(kept.get(c).get(i) || new Map())]
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, MOST);
  return own.map(([village]) => villages.name[village]).join(lang === "zh" ? "、" : ", ");
};
