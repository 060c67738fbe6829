// Laying frames into a rectangle: pure arithmetic, so that it is tested without a browser.
const TRIED = 4,
  FLAT = 0.4;

/**
 * Places for frames that fill a rectangle without gaps or overlaps, in order; each near the shape of what it shows.
 * @param {{weight: number, ratio: number}[]} frames weight of its area, width over height of what it shows
 * @param {number[]} place x, y, width, height
 * @param {number} head height of a frame that its caption takes
 * @returns {number[][]}
 */
export const tiles = (frames, place, head = 0) => (frames.length ? best(frames, place, head).places : []);

/** @param {any[]} frames @param {number[]} place @param {number} head @returns {{score: number, places: number[][]}} */
const best = (frames, [x, y, width, height], head) => {
  if (frames.length === 1) {
    const { weight, ratio } = frames[0],
      own = width / Math.max(1, height - head);
    const like = Math.min(own, ratio) / Math.max(own, ratio); // a frame too flat to read costs more than others gain
    return { score: weight * (like < FLAT ? like - 1 : like), places: [[x, y, width, height]] };
  }
  const sum = (list) => list.reduce((total, frame) => total + frame.weight, 0),
    all = sum(frames);
  const cuts = frames
    .slice(1)
    .map((frame, i) => i + 1)
    .sort((a, b) => Math.abs(sum(frames.slice(0, a)) / all - 0.5) - Math.abs(sum(frames.slice(0, b)) / all - 0.5));
  let found = null;
  for (const at of cuts.slice(0, TRIED)) {
    const part = sum(frames.slice(0, at)) / all;
    for (const [one, other] of [
      [
        [x, y, width * part, height],
        [x + width * part, y, width * (1 - part), height],
      ],
      [
        [x, y, width, height * part],
        [x, y + height * part, width, height * (1 - part)],
      ],
    ]) {
      const first = best(frames.slice(0, at), one, head),
        second = best(frames.slice(at), other, head),
        score = first.score + second.score;
      if (!found || score > found.score + 1e-9) found = { score, places: [...first.places, ...second.places] };
    }
  }
  return found;
};

/** A box [w n e s] widened to the shape of a frame of so many pixels, with a margin of its size. @param {number[]} box */
export const fitted = ([w, n, e, s], width, height, margin = 0.06) => {
  const x = (w + e) / 2,
    y = (n + s) / 2,
    span = Math.max((e - w) / width, (s - n) / height) * (1 + 2 * margin);
  return [x - (span * width) / 2, y - (span * height) / 2, x + (span * width) / 2, y + (span * height) / 2];
};

/** The longest round length within so many pixels: metres. */
export const roundLength = (metres) => {
  const power = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].find((f) => f * power <= metres) * power;
};
