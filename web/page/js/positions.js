// Open positions: signals of a series whose last outcome is still to come.
import { el, name, number, percent, plural, time } from "./dom.js";
import { get } from "./api.js";

const shownMost = 20;

const position = (o) =>
  el(
    "li",
    {},
    el("div", { class: "node" }, el("b", {}, name(o.formula)), el("span", { class: "value" }, changeOf(o))),
    el(
      "div",
      { class: "quiet" },
      `${time(o.timestamp)}, `,
      o.entry === null ? "enters at the next open" : `entered at ${number(o.entry)}`,
      o.mfe === null ? "" : `, best ${percent(o.mfe)}, worst ${percent(o.mae)}`,
      `, ${plural(o.left, "bar")} left`,
      o.split ? el("span", { class: "warn" }, ", a split lies between") : "",
    ),
  );
const changeOf = (o) =>
  o.return === null ? "" : el("span", { class: o.return >= 0 ? "good" : "bad" }, percent(o.return));

// Positions is the list of one series. Where no outcomes are configured, nothing is shown.
export class Positions {
  element = el("section", { "aria-label": "Open positions", hidden: true });
  #turn = 0;

  // load asks for the open positions of a series, of one formula or all, and returns them.
  async load(symbol, timeframe, formula) {
    const mine = ++this.#turn;
    const pattern = symbol.replaceAll("*", "?"); // a symbol that holds a star is found by a pattern, too
    const { after, open } = await get("outcomes", { symbol: pattern, timeframe, formula });
    if (mine !== this.#turn) return null;
    const own = open.filter((o) => o.symbol === symbol);
    this.element.hidden = !after.length;
    this.element.replaceChildren(
      el("h2", {}, "Open positions"),
      own.length
        ? el("ul", { class: "tree" }, own.slice(0, shownMost).map(position))
        : el("p", { class: "quiet" }, `None: no signal here is younger than ${plural(after.at(-1) ?? 0, "bar")}.`),
      own.length > shownMost ? el("p", { class: "quiet" }, `and ${own.length - shownMost} more`) : "",
    );
    return own;
  }
}
