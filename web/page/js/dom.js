// Elements and texts. No module makes markup of a text: what comes from outside becomes text nodes only.

// el makes an element: properties, attributes (aria-…, role, data-…), listeners (on…), children.
export const el = (name, props = {}, ...children) => {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(props)) {
    if (v === undefined || v === null || v === false) continue;
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (k === "class") e.className = v;
    else if (k === "dataset") Object.assign(e.dataset, v);
    else if (k in e && !/^(aria|list|role|colspan|form)/i.test(k)) e[k] = v;
    else e.setAttribute(k, v === true ? "" : v);
  }
  e.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return e;
};

// shown makes characters visible that change how others are shown: a name with them must not pass for another one.
const hidden = /[\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu;
export const shown = (text) =>
  String(text).replace(hidden, (c) => `‹U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}›`);

// name is a text from outside, whose direction does not reach beyond it.
export const name = (text) => el("bdi", {}, shown(text));
export const code = (text) => el("code", {}, shown(text));

// setText leaves a node alone that shows the text already, so that a selection stays.
export const setText = (e, text) => {
  if (e.textContent !== text) e.textContent = text;
};

// number shows six digits, and more only before the point.
export const number = (x) => {
  if (x === null || x === undefined || Number.isNaN(x)) return "na";
  if (typeof x === "boolean") return String(x);
  const a = Math.abs(x);
  if (a !== 0 && (a < 1e-6 || a >= 1e15)) return x.toExponential(4);
  const digits = a === 0 ? 0 : Math.max(0, Math.min(10, 5 - Math.floor(Math.log10(a))));
  return x.toLocaleString("en-US", { maximumFractionDigits: digits });
};
// column returns how the numbers of a column are shown: with equal digits, so that their points stand in a line.
export const column = (values) => {
  const most = values.reduce((m, v) => (v === null ? m : Math.max(m, Math.abs(v))), 0);
  const whole = values.every((v) => v === null || Number.isInteger(v));
  if (most === 0 || most < 1e-4 || most >= 1e12 || whole) return number;
  const digits = Math.max(0, Math.min(8, 4 - Math.floor(Math.log10(most))));
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return (v) => (v === null ? "na" : v.toLocaleString("en-US", format));
};

// percent shows a share with its sign and two digits; share shows one of a whole.
export const percent = (x) => `${x > 0 ? "+" : x < 0 ? "−" : ""}${(Math.abs(x) * 100).toFixed(2)} %`;
export const share = (x) => `${(x * 100).toFixed(x === 0 || x === 1 ? 0 : 1)} %`;
export const count = (n) => n.toLocaleString("en-US");
export const plural = (n, word) => `${count(n)} ${word}${n === 1 || word === "series" ? "" : "s"}`;

// covered says what values of other series rest on, where an answer has some.
export const covered = (o) =>
  o
    ? `Other series: the ${plural(o.series, "series")} that this instance holds ` +
      `(${plural(o.partitions, "partition")}), ${plural(o.bars, "candle")} of each at most.`
    : "";

// Times are shown in UTC or in the browser's zone, as the person has chosen.
export const zone = { local: localStorage.getItem("zone") === "local" };
const two = (n) => String(n).padStart(2, "0");
export const time = (value, seconds = false) => {
  const t = value instanceof Date ? value : new Date(value);
  if (Number.isNaN(t.getTime())) return "";
  const u = zone.local ? new Date(t.getTime() - t.getTimezoneOffset() * 60000) : t;
  const s = u.getUTCSeconds();
  return (
    `${u.getUTCFullYear()}-${two(u.getUTCMonth() + 1)}-${two(u.getUTCDate())} ` +
    `${two(u.getUTCHours())}:${two(u.getUTCMinutes())}` +
    (seconds || s ? ":" + two(s) : "")
  );
};
export const age = (value, now = Date.now()) => {
  const s = Math.max(0, (now - new Date(value)) / 1000);
  for (const [unit, n] of [
    ["y", 31557600],
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
  ])
    if (s >= n) return `${Math.floor(s / n)} ${unit}`;
  return `${Math.floor(s)} s`;
};

export const types = {
  ENTRY: ["entry", "▲ ENTRY"],
  EXIT: ["exit", "▼ EXIT"],
  SCAN_HIT: ["hit", "● SCAN"],
  RESOLVE: ["hit", "■ RESOLVE"],
};
export const typeBadge = (type) =>
  el("span", { class: "badge " + (types[type]?.[0] ?? "") }, types[type]?.[1] ?? shown(type));

// select offers options, [value, text] each, and chooses one. Where nothing changes nothing moves under the hand.
export const select = (e, options, value) => {
  const text = JSON.stringify(options);
  if (e.dataset.options !== text) {
    e.dataset.options = text;
    e.replaceChildren(...options.map(([v, t]) => new Option(t, v)));
  }
  if (e.value !== value) e.value = value;
};

// chartOf is the address of a chart: {symbol, timeframe, formula or expr, at}.
export const chartOf = (what) =>
  "#/chart?" + new URLSearchParams(Object.entries(what).filter(([, v]) => v !== undefined && v !== ""));

export const empty = (title, text) => el("p", { class: "empty" }, el("strong", {}, title), text ?? "");
export const debounce = (ms, f) => {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => f(...args), ms);
  };
};
export const download = (file, media, text) => {
  const a = el("a", { href: URL.createObjectURL(new Blob([text], { type: media })), download: file });
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 1000);
};

// toast says something for some seconds, with a button to take it back.
export const toast = (text, action, act) => {
  const box = el("div", {}, text);
  const gone = () => box.remove();
  if (action)
    box.append(
      el(
        "button",
        {
          onclick: () => {
            gone();
            act();
          },
        },
        action,
      ),
    );
  document.getElementById("toast").replaceChildren(box);
  setTimeout(gone, action ? 15000 : 5000);
};
