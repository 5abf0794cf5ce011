// Where a draft would have fired on the candles kept, and what it changes beside the formula in force.
import { el, name, shown, number, time, plural, count, covered } from "./dom.js";
import { Table, cells } from "./table.js";

const columns = [
  { title: "Time" },
  { title: "Symbol", class: "symbol" },
  { title: "Close", class: "number" },
  { title: "Change" },
];
const changes = { added: ["good", "+ added"], removed: ["bad", "− removed"] };
const changeOf = (change) => (changes[change] ? el("span", { class: changes[change][0] }, changes[change][1]) : change);

const times = (a) => {
  const left = a.series_left ? `; ${plural(a.series_left, "series")} left out for lack of time` : "";
  const listed = a.left_out ? `; the newest ${count(a.hits.length)} are listed` : "";
  return (
    `on ${plural(a.by_series.length, "series")} of ${count(a.series)}, in the ${plural(a.bars, "candle")} kept` +
    left +
    listed
  );
};
const difference = (a) =>
  el(
    "span",
    { class: "diff" },
    el("b", { class: "good" }, `+${count(a.added)}`),
    " ",
    el("b", { class: "bad" }, `−${count(a.removed)}`),
    el("span", { class: "quiet" }, " against the formula in force"),
  );

export class Preview {
  #summary = el("div", { "aria-live": "polite" });
  #table;

  // linkOf returns the address of a hit on the chart.
  constructor(linkOf) {
    this.#table = new Table({
      label: "Where it would have fired",
      columns,
      key: (h) => `${h.symbol} ${h.timeframe} ${h.timestamp}`,
      render: (h, row) => {
        row.className = "link";
        row.onclick = (e) => {
          if (!e.target.closest("a")) location.hash = linkOf(h);
        };
        const change = this.#table.columns.length > 3 ? [changeOf(h.change)] : [];
        const symbol = el("a", { href: linkOf(h) }, name(h.symbol), " ", el("span", { class: "quiet" }, h.timeframe));
        cells(row, this.#table.columns, [time(h.timestamp), symbol, number(h.close), ...change]);
      },
    });
    this.element = el(
      "section",
      { class: "card preview", "aria-label": "Preview" },
      this.#summary,
      this.#table.element,
    );
    this.say("");
  }

  // say shows a text in place of hits.
  say(text, className = "quiet") {
    this.#table.element.hidden = true;
    this.element.hidden = !text;
    this.#summary.replaceChildren(el("div", { class: className }, text));
  }

  // show shows an answer of /api/v1/preview.
  show(a) {
    this.element.hidden = false;
    this.#summary.replaceChildren(
      el("span", { class: "count" }, `${count(a.matches)} ${a.matches === 1 ? "time" : "times"}`),
      a.compared ? difference(a) : "",
      el("p", { class: "quiet" }, `would it have fired, ${times(a)}.`),
      a.others ? el("p", { class: "quiet" }, covered(a.others)) : "",
      a.problem ? el("p", { class: "warn" }, shown(a.problem)) : "",
    );
    for (const row of this.#table.rows.values()) row.item = undefined; // their links may lead elsewhere now
    this.#table.setColumns(a.compared ? columns : columns.slice(0, 3));
    this.#table.element.hidden = !a.hits.length;
    this.#table.set(a.hits.length, (i) => a.hits[i]);
  }

  close() {
    this.#table.close();
  }
}
