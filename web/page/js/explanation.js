// Why a formula fired on a bar or did not: the tree of its values.
import { el, code, name, shown, number, time } from "./dom.js";

const sign = (value, isCondition) =>
  !isCondition ? ["", ""] : value === true ? ["✓", "true"] : value === false ? ["✗", "false"] : ["–", "no value"];

// far says how far a comparison is from the other answer, in the unit of its left side and in per cent.
const far = (c, named) => {
  if (c.holds === null || c.distance === null) return null;
  const step = c.distance,
    percent =
      c.percent === null
        ? ""
        : ` (${c.percent > 0 ? "+" : c.percent < 0 ? "−" : ""}${number(Math.abs(c.percent)).replace(/(\.\d\d)\d+$/, "$1")} %)`;
  return el(
    "span",
    { class: "far" },
    named ? [code(c.text), ": "] : null,
    number(c.left),
    " beside ",
    number(c.right),
    ", flips at ",
    el("b", {}, `${step > 0 ? "+" : step < 0 ? "−" : ""}${number(Math.abs(step))}${percent}`),
  );
};

const node = (n) => {
  const isCondition = n.type === "condition";
  const [mark, word] = sign(n.value, isCondition);
  const value = isCondition ? word : n.value === null ? "na" : number(n.value);
  const own = isCondition && n.comparisons?.length === 1 && n.comparisons[0].text === n.expression;
  return el(
    "li",
    {},
    el(
      "div",
      { class: "node" },
      el(
        "span",
        { class: "sign " + (n.value === true ? "good" : n.value === false ? "bad" : "quiet"), "aria-hidden": "true" },
        mark,
      ),
      code(n.expression),
      el("span", { class: "value" }, value),
      n.state ? el("span", { class: "waits" }, shown(n.state)) : null,
      n.unsettled
        ? el("span", { class: "waits" }, "made from fewer bars than it remembers: its last digits may differ")
        : null,
      n.repeated ? el("span", { class: "far" }, "as above") : null,
      (n.comparisons ?? []).map((c) => far(c, !own)),
    ),
    n.inputs?.length ? el("ul", {}, n.inputs.filter((i) => !/^-?[\d.]+$/.test(i.expression)).map(node)) : null,
  );
};

// explanation shows an answer of /api/v1/explain. sent says that the signal was published, which counts more than what
// is computed again from the candles kept.
export const explanation = (x, sent = false) => {
  const fired = x.fired || sent;
  const fact = (title, value) => el("div", {}, el("dt", {}, title), el("dd", {}, value));
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
    el(
      "dl",
      { class: "facts" },
      ["open", "high", "low", "close", "volume"].map((k) => fact(k, number(x.candle[k]))),
      fact("bars seen", number(x.bars)),
      x.mode === "edge" ? fact("fires on", "turning true") : null,
      x.for > 1 ? fact("true for", `${x.run} of ${x.for} bars`) : null,
      x.cooldown ? fact("cooldown", `${x.cooldown} bars`) : null,
    ),
    x.partial
      ? el("p", { class: "quiet" }, "Computed from the candles kept; marked values remember more than these.")
      : null,
    x.tree ? el("ul", { class: "tree", "aria-label": "Values" }, node(x.tree)) : null,
  );
};
