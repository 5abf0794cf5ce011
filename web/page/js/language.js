// What an editor knows of the language of formulas: its words, their documentation, completion and colours.
import { el, shown } from "./dom.js";
import { get } from "./api.js";

// language is every function and name, had once.
let having;
export const language = () =>
  (having ??= get("functions")
    .then((l) => ({
      ...l,
      functions: l.functions,
      byName: new Map(l.functions.map((f) => [f.name, f])),
      indicators: l.indicators ?? [],
    }))
    .catch((e) => {
      having = undefined;
      throw e;
    }));

const card = (f) =>
  el(
    "div",
    { class: "doc" },
    el("b", {}, shown(f.signature)),
    el("div", {}, f.title),
    el("p", {}, f.doc),
    f.params.length
      ? el(
          "div",
          {},
          f.params.map((p) =>
            el(
              "div",
              {},
              el("code", {}, p.name),
              p.choices?.length ? ": " + p.choices.join(", ") : p.min !== undefined ? `: ${p.min} to ${p.max}` : "",
              p.default !== null && p.default !== "" ? `, else ${p.default}` : "",
            ),
          ),
        )
      : null,
    f.outputs?.length > 1
      ? el("div", {}, "Outputs: " + f.outputs.map((o) => "." + [o.name, ...o.aliases].join(" .")).join(", "))
      : null,
    f.lookback !== null ? el("div", { class: "quiet" }, `first value after ${f.lookback} bars`) : null,
  );

const words = { and: 1, or: 1, not: 1, true: 1, false: 1, na: 1, param: 1, def: 1 };
const candle = ["hl2", "hlc3", "ohlc4", "hlcc4", "bar_index"];
const pricesOf = (lang) => [...lang.prices, ...candle];

// tokens colours a text by what its words are.
export const tokens = (cm, lang) => {
  const prices = new Set(pricesOf(lang));
  const named = new Set(lang.indicators.map((i) => i.name));
  return cm.StreamLanguage.define({
    token: (s) => {
      if (s.eatSpace()) return null;
      if (s.match(/^#.*/)) return "comment";
      if (s.match(/^("[^"]*"?|'[^']*'?)/)) return "string";
      if (s.match(/^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/i)) return "number";
      const m = s.match(/^[a-z_]\w*/i);
      if (m) {
        const w = m[0];
        if (words[w]) return "keyword";
        if (prices.has(w)) return "atom";
        if (named.has(w)) return "variableName.special";
        if (lang.byName.has(w)) return "variableName.function";
        return "variableName";
      }
      s.next();
      return "operator";
    },
  });
};

const optionsOf = (lang) => [
  ...lang.functions.map((f) => ({
    label: f.name,
    type: "function",
    detail: f.title,
    info: () => card(f),
    apply: f.signature.includes("(") ? f.name + "(" : f.name,
  })),
  ...lang.indicators.map((i) => ({ label: i.name, type: "variable", detail: i.expression })),
  ...pricesOf(lang).map((p) => ({ label: p, type: "property", detail: "of the candle" })),
  ...Object.keys(words).map((w) => ({ label: w, type: "keyword" })),
];

// completion offers functions, names and words, and behind a dot the outputs of a function.
export const completion = (lang) => {
  const options = optionsOf(lang);
  return (c) => {
    const field = c.matchBefore(/([a-z_]\w*)(\([^()]*\))?\.\w*$/i);
    if (field) {
      const f = lang.byName.get(field.text.match(/^\w+/)[0]);
      if (f?.outputs?.length > 1)
        return {
          from: field.from + field.text.lastIndexOf(".") + 1,
          options: f.outputs.flatMap((o) => [o.name, ...o.aliases]).map((label) => ({ label, type: "property" })),
        };
    }
    const word = c.matchBefore(/[a-z_]\w*/i);
    return word || c.explicit ? { from: word ? word.from : c.pos, options, validFor: /^\w*$/ } : null;
  };
};

// hover shows the documentation of the word under the pointer.
export const hover = (cm, lang) =>
  cm.hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    for (const m of line.text.matchAll(/[a-z_]\w*/gi)) {
      const from = line.from + m.index,
        to = from + m[0].length,
        f = lang.byName.get(m[0]),
        i = lang.indicators.find((x) => x.name === m[0]);
      if (pos < from || pos > to || (!f && !i)) continue;
      return {
        pos: from,
        end: to,
        above: true,
        create: () => ({
          dom: f
            ? card(f)
            : el("div", { class: "doc" }, el("b", {}, i.name), el("div", {}, el("code", {}, i.expression))),
        }),
      };
    }
    return null;
  });
