// What became of the signals of a formula: hit rates beside those of all bars.
import { el, percent, share, plural, count } from "./dom.js";
import { get } from "./api.js";

// Outcomes holds the newest answer of /api/v1/outcomes.
export class Outcomes {
  after = [];
  #byFormula = new Map();
  #text = "";

  // load reports whether anything has changed.
  async load() {
    const { after, outcomes } = await get("outcomes");
    const text = JSON.stringify([after, outcomes]);
    if (text === this.#text) return false;
    this.#text = text;
    this.after = after;
    this.#byFormula = Map.groupBy(outcomes, (o) => o.formula);
    return true;
  }

  of(formula) {
    return this.#byFormula.get(formula) ?? [];
  }

  // typical is the middle one of the configured numbers of bars, which the list of formulas shows.
  get typical() {
    return this.after[Math.floor((this.after.length - 1) / 2)];
  }

  // rate is the hit rate of a formula in few words; "" where there is none.
  rate(formula) {
    const o = this.of(formula).find((o) => o.after === this.typical);
    return o && o.hit_rate !== null ? `${share(o.hit_rate)} of ${count(o.count)}` : "";
  }

  warned(formula) {
    return this.of(formula).some((o) => o.warning);
  }
}

const interval = (range) => (range ? `${share(range[0])} to ${share(range[1])}` : "");
const heads = ["Bars after", "Signals", "Hit rate", "95 % interval", "All bars", "Mean return", "Backtest"];
const row = (o) => [
  String(o.after),
  count(o.count),
  o.hit_rate === null ? "" : el("b", {}, share(o.hit_rate)),
  interval(o.hit_rate_interval),
  o.baseline_hit_rate === null ? "" : share(o.baseline_hit_rate),
  o.mean_return === null ? "" : percent(o.mean_return),
  interval(o.backtest_hit_rate),
];

// outcomesCard shows what became of the signals of one formula.
export const outcomesCard = (outcomes, formula) => {
  const own = outcomes.of(formula);
  const warnings = own.filter((o) => o.warning);
  const omitted = own.reduce((n, o) => n + o.omitted, 0);
  const cells = (o) => row(o).map((c) => el("td", { class: "number" }, c));
  return el(
    "section",
    { class: "card", "aria-label": "Outcomes" },
    el("h2", {}, "What became of its signals"),
    warnings.map((o) => el("p", { class: "warn" }, `After ${plural(o.after, "bar")}: ${o.warning}.`)),
    own.length
      ? el(
          "div",
          { class: "table", tabIndex: 0, role: "region", "aria-label": "Outcomes table" },
          el(
            "table",
            { class: "plainrows", "aria-label": "Outcomes" },
            el(
              "thead",
              {},
              el(
                "tr",
                {},
                heads.map((h) => el("th", { scope: "col", class: "number" }, h)),
              ),
            ),
            el(
              "tbody",
              {},
              own.map((o) => el("tr", {}, cells(o))),
            ),
          ),
        )
      : el("p", { class: "quiet" }, reasonOf(outcomes)),
    omitted ? el("p", { class: "quiet" }, `${plural(omitted, "outcome")} left out: a split lies between.`) : null,
  );
};
const reasonOf = (outcomes) =>
  outcomes.after.length
    ? `None of its signals is ${plural(outcomes.after[0], "bar")} old yet.`
    : "Outcomes are not configured: outcomes: {after: [1, 5, 20], topic: outcomes}.";
