// Why a formula fired on a bar or did not: the tree of its values.
import { el, code, name, shown, number, time, count, covered, chartOf } from "./dom.js";

const signs = (value, isCondition) => {
  if (!isCondition) return ["", ""];
  if (value === null) return ["–", "no value"];
  return value ? ["✓", "true"] : ["✗", "false"];
};
const signed = (x, text = number(Math.abs(x))) => (x > 0 ? "+" : x < 0 ? "−" : "") + text;

// far says how far a comparison is from the other answer, in the unit of its left side and in per cent.
const far = (c, named) => {
  if (c.holds === null || c.distance === null) return null;
  const percent =
    c.percent === null ? "" : ` (${signed(c.percent, number(Math.abs(c.percent)).replace(/(\.\d\d)\d+$/, "$1"))} %)`;
  return el(
    "span",
    { class: "far" },
    named ? [code(c.text), ": "] : null,
    `${number(c.left)} against ${number(c.right)}, flips at `,
    el("b", {}, signed(c.distance) + percent),
  );
};

const unsettled = "made from fewer bars than it remembers: its last digits may differ";
const node = (n) => {
  const isCondition = n.type === "condition";
  const [mark, word] = signs(n.value, isCondition);
  const value = isCondition ? word : number(n.value);
  const own = isCondition && n.comparisons?.length === 1 && n.comparisons[0].text === n.expression;
  const color = n.value === true ? "good" : n.value === false ? "bad" : "quiet";
  const inputs = (n.inputs ?? []).filter((i) => !/^-?[\d.]+$/.test(i.expression));
  return el(
    "li",
    {},
    el(
      "div",
      { class: "node" },
      el("span", { class: "sign " + color, "aria-hidden": "true" }, mark),
      code(n.expression),
      el("span", { class: "value" }, value),
      n.state ? el("span", { class: "waits" }, shown(n.state)) : null,
      n.unsettled ? el("span", { class: "waits" }, unsettled) : null,
      n.repeated ? el("span", { class: "far" }, "as above") : null,
      (n.comparisons ?? []).map((c) => far(c, !own)),
    ),
    inputs.length ? el("ul", {}, inputs.map(node)) : null,
  );
};

// neighbour links to the member of a universe that is next to a series.
const neighbour = (word, n, timeframe) =>
  n
    ? el(
        "div",
        { class: "far" },
        `${word} `,
        el("a", { href: chartOf({ symbol: n.symbol, timeframe }) }, name(n.symbol)),
        ` ${number(n.value)} (${signed(n.by)})`,
      )
    : null;

// other shows what another series said on the bar, or a universe: its coverage, the rank, and who is next to it.
const other = (o, timeframe) => {
  const head = (value, ...text) =>
    el("div", { class: "node" }, el("span"), code(o.expression), el("span", { class: "value" }, value), ...text);
  if (o.symbol) {
    const at = o.timestamp ? ` at ${time(o.timestamp)}` : " has no bar yet";
    return el("li", {}, head(number(o.value), el("span", { class: "far" }, name(o.symbol), at)));
  }
  const members = o.members ?? 0,
    values = o.values ?? 0;
  const covered = `${count(values)} of ${count(members)} members have a value`;
  return el(
    "li",
    {},
    head(o.rank ? `rank ${count(o.rank)}` : "no rank"),
    el(
      "div",
      { class: "node" },
      el("span"),
      el(
        "div",
        {},
        el("div", { class: "far" }, o.universe ? [name(o.universe), ": "] : null, covered),
        el("div", { class: "far" }, `own value ${number(o.value)}`),
        neighbour("next above:", o.above, timeframe),
        neighbour("next below:", o.below, timeframe),
      ),
    ),
  );
};

const facts = (x) => {
  const fact = (title, value) => el("div", {}, el("dt", {}, title), el("dd", {}, value));
  return el(
    "dl",
    { class: "facts" },
    ["open", "high", "low", "close", "volume"].map((k) => fact(k, number(x.candle[k]))),
    fact("bars seen", number(x.bars)),
    x.mode === "edge" ? fact("fires on", "turning true") : null,
    x.for > 1 ? fact("true for", `${x.run} of ${x.for} bars`) : null,
    x.cooldown ? fact("cooldown", `${x.cooldown} bars`) : null,
  );
};

// explanation shows an answer of /api/v1/explain. sent says that the signal was published, which counts more than what
// is computed again from the candles kept.
export const explanation = (x, sent = false) => {
  const fired = x.fired || sent;
  const others = x.others ?? [];
  return el(
    "article",
    { "aria-label": "Explanation" },
    el(
      "div",
      { class: "verdict " + (fired ? "good" : "quiet") },
      el("span", { class: "sign", "aria-hidden": "true" }, fired ? "✓" : "✗"),
      fired ? "Fired" : "Did not fire",
    ),
    el(
      "p",
      { class: "quiet" },
      x.formula === "draft" ? "the draft" : name(x.formula),
      " on ",
      name(x.symbol),
      ` ${x.timeframe}, ${time(x.timestamp)}`,
    ),
    x.reasons.length && !fired
      ? el(
          "ul",
          { class: "why", "aria-label": "Reasons" },
          x.reasons.map((r) => el("li", {}, shown(r.text))),
        )
      : null,
    facts(x),
    x.partial ? el("p", { class: "quiet" }, "Computed from the candles kept; marked values remember more.") : null,
    x.tree ? el("ul", { class: "tree", "aria-label": "Values" }, node(x.tree)) : null,
    others.length
      ? [
          el("h2", {}, "Other series"),
          el(
            "ul",
            { class: "tree", "aria-label": "Other series" },
            others.map((o) => other(o, x.timeframe)),
          ),
          x.coverage ? el("p", { class: "quiet" }, covered(x.coverage)) : null,
        ]
      : null,
  );
};
