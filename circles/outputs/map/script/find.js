// Search that forgives: typing errors, homophones, part of the pinyin, short names, several words, letters without marks.
// Pure functions of an index, so that they are tested without a browser.
const ORDER = "tivfs";
const ASCII = /^[\x20-\x7e]+$/;
const MOST = 12;
const FUZZY = 60; // scores from here on are guesses
const NEVER = Infinity;
const LETTERS = { ħ: "h", ł: "l", ø: "o", đ: "d", ß: "ss", æ: "ae", œ: "oe", ı: "i", þ: "th", ð: "d" };
// What people call a kind of place, and what its name may say.
const CALLED = [
  ["卫生所", "卫生室", "卫生站", "卫生院", "卫生服务站", "诊所"],
  ["食堂", "助餐点", "老年食堂", "送餐点"],
  ["幼儿园", "托儿所", "托育园", "托育点", "托班"],
  ["体育场", "运动场", "健身广场", "健身苑", "球场"],
];

/** Letters as one types them: lower case, without marks, apostrophes and hyphens. @param {string} text */
export const folded = (text) =>
  text
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[ħłøđßæœıþð]/g, (sign) => LETTERS[sign])
    .replace(/['’ʼ`\-‐–]/g, "");

const bare = (text) => text.replace(/[（(][^（()）]*[）)]/g, "");

/**
 * @typedef {{kind: string, i: number, name: string, plain: string, all: string, context: string, syllables: string[], full: string, initials: string}} Entry
 */

/**
 * An index of names. `keys` holds, per name, pinyin initials and syllables ("cyz cai'yuan'zhen"), or is empty.
 * @param {{kind: string, i: number, name: string, keys: string, context?: string}[]} names @returns {Entry[]}
 */
export const indexOf = (names) =>
  names.map(({ kind, i, name, keys, context = "" }) => {
    const [initials = "", spoken = ""] = keys.split(" "),
      syllables = spoken ? spoken.split("'") : [];
    return {
      kind,
      i,
      name,
      plain: folded(bare(name)) || folded(name),
      all: folded(name),
      context: folded(context),
      syllables,
      full: syllables.join(""),
      initials,
    };
  });

/** Syllable of each Chinese sign that sounds like one of the index. @param {Record<string, string>} homophones */
export const soundsOf = (homophones) => {
  const sounds = new Map();
  for (const [syllable, signs] of Object.entries(homophones)) for (const sign of signs) sounds.set(sign, syllable);
  return sounds;
};

// Signs of `part` in their order somewhere in `whole`: how many others lie between, or never.
const scattered = (whole, part) => {
  let best = NEVER;
  for (let start = whole.indexOf(part[0]); start >= 0; start = whole.indexOf(part[0], start + 1)) {
    let at = start;
    for (let k = 1; k < part.length && at >= 0; k++) at = whole.indexOf(part[k], at + 1);
    if (at >= 0) best = Math.min(best, at - start + 1 - part.length);
  }
  return best;
};

// Whether each syllable from some point on begins with a piece of the query: caiyz → cai'yuan'zhen. Returns the first one.
const abbreviated = (syllables, query) => {
  const from = (k, q) => {
    if (q === query.length) return true;
    if (k === syllables.length) return false;
    for (let n = Math.min(syllables[k].length, query.length - q); n > 0; n--) {
      if (syllables[k].startsWith(query.slice(q, q + n)) && from(k + 1, q + n)) return true;
    }
    return false;
  };
  return syllables.findIndex((_, k) => from(k, 0));
};

/** Least number of typing errors that turn `query` into some part of `text`; swapped neighbours count once. */
export const errorsIn = (text, query) => {
  let before = null,
    row = new Array(text.length + 1).fill(0);
  for (let i = 1; i <= query.length; i++) {
    const next = [i];
    for (let j = 1; j <= text.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (query[i - 1] === text[j - 1] ? 0 : 1));
      if (before && j > 1 && query[i - 1] === text[j - 2] && query[i - 2] === text[j - 1]) {
        next[j] = Math.min(next[j], before[j - 2] + 1);
      }
    }
    before = row;
    row = next;
  }
  return Math.min(...row);
};

const STREET = 6; // a street called after a place comes behind the place, unless it is named in full

const allowed = (length) => (length < 4 ? 0 : length < 8 ? 1 : 2);

const called = (word) =>
  CALLED.flatMap((group) =>
    group
      .filter((own) => word.endsWith(own))
      .slice(0, 1)
      .flatMap((own) => group.filter((other) => other !== own).map((other) => word.slice(0, -own.length) + other)),
  );

const written = (entry, word) => {
  if (entry.plain === word || entry.all === word) return 0;
  if (entry.plain.startsWith(word)) return 5;
  const at = entry.all.indexOf(word);
  return at >= 0 ? 10 + Math.min(at, 5) * 0.1 : NEVER;
};

const spoken = (entry, word, sounds) => {
  if (!entry.full) return NEVER;
  const isLatin = /^[a-z0-9]+$/.test(word);
  const sound = [...word].map((sign) => sounds.get(sign) || sign).join("");
  if (!/^[a-z0-9]+$/.test(sound)) return NEVER;
  if (isLatin && entry.initials === word) return 18;
  if (entry.full === sound) return 15;
  if (isLatin && entry.initials.startsWith(word)) return 22;
  if (entry.full.startsWith(sound)) return 20;
  const at = isLatin ? abbreviated(entry.syllables, word) : -1;
  if (at === 0) return 26;
  if (isLatin && entry.initials.includes(word)) return 32;
  if (entry.full.includes(sound)) return 30;
  if (at > 0) return 36;
  const errors = errorsIn(entry.full, sound);
  return errors <= allowed(sound.length)
    ? FUZZY + errors * 5 + Math.abs(entry.full.length - sound.length) * 0.05
    : NEVER;
};

const scoreOf = (entry, word, sounds) => {
  let best = Math.min(written(entry, word), spoken(entry, word, sounds));
  if (best > 12 && word.length > 1 && !ASCII.test(word)) {
    const gaps = scattered(entry.plain, word);
    if (gaps < NEVER) best = Math.min(best, 14 + gaps * 0.5);
  }
  for (const other of called(word)) {
    best = Math.min(best, written(entry, other) + 16, scattered(entry.plain, other) * 0.5 + 18);
  }
  if (best === NEVER && entry.context.includes(word)) best = 40;
  if (best === NEVER && !entry.full && word.length > 3) {
    const errors = errorsIn(entry.all, word);
    if (errors <= allowed(word.length)) best = FUZZY + errors * 5;
  }
  if (best === NEVER && word.length > 2 && !ASCII.test(word) && errorsIn(entry.plain, word) === 1) {
    best = FUZZY + 8;
  }
  return best;
};

/**
 * The places a text may mean, best first; `isGuess` where none is written or said like it.
 * @param {Entry[]} index @param {string} text @param {Map<string, string>} sounds
 */
export const findIn = (index, text, sounds) => {
  const words = folded(text)
      .split(/[\s,，、]+/)
      .filter(Boolean),
    whole = words.join("");
  if (!words.length) return { found: [], isGuess: false };
  const scored = [];
  for (const entry of index) {
    const parts = words.map((word) => scoreOf(entry, word, sounds)),
      apart = parts.reduce((sum, s) => sum + s, 0) / parts.length;
    const score = words.length > 1 ? Math.min(apart, scoreOf(entry, whole, sounds)) : apart;
    const length = entry.full && ASCII.test(whole) ? entry.full.length : entry.plain.length;
    const behind = entry.kind === "s" && score > 0 && score < NEVER ? STREET : 0;
    if (score < NEVER) {
      scored.push({ score: score + behind + Math.min(Math.abs(length - whole.length), 40) * 0.02, entry });
    }
  }
  scored.sort(
    (a, b) => a.score - b.score || ORDER.indexOf(a.entry.kind) - ORDER.indexOf(b.entry.kind) || a.entry.i - b.entry.i,
  );
  const found = scored.slice(0, MOST).map(({ entry }) => entry);
  return { found, isGuess: scored.length > 0 && scored[0].score >= FUZZY };
};
