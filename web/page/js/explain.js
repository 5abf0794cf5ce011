// Explain: any formula on any candle.
import { el, empty, shown, select, chartOf } from "./dom.js";
import { get, failed } from "./api.js";
import { store } from "./store.js";
import { explanation } from "./explanation.js";
import { seriesPicker } from "./picker.js";

// clock reads times as people type them: 13:01, 2018-04-09 13:01, 2018-04-09T13:01Z.
export const clock = (text) => {
  const m = text.trim().match(/^(\d{4}-\d\d-\d\d)[ T](\d?\d:\d\d)(:\d\d)?Z?$/);
  return m ? `${m[1]}T${m[2].padStart(5, "0")}${m[3] ?? ":00"}Z` : text.trim().replace(/^(\d:\d\d)/, "0$1");
};

export const open = (main, params) => new ExplainView(main, params);

class ExplainView {
  #params;
  #turn = 0;

  constructor(main, params) {
    this.formula = el("select", { required: true });
    this.picker = seriesPicker();
    this.at = el("input", { placeholder: "newest, 13:01, 2018-04-09 13:01", size: 32, maxLength: 40 });
    this.out = el("div", { "aria-live": "polite" });
    const form = el(
      "form",
      { class: "controls", "aria-label": "What to explain", onsubmit: (e) => this.#submit(e) },
      el("label", {}, "Formula", this.formula),
      this.picker.element,
      el("label", {}, "Candle (UTC)", this.at),
      el("button", { class: "main" }, "Explain"),
    );
    main.replaceChildren(el("div", { class: "explain" }, el("h1", { class: "skip" }, "Explain"), form, this.out));
    this.update(params);
    const off = store.onformulas(() => this.#fill());
    const rezone = () => this.#ask();
    addEventListener("zone", rezone);
    this.close = () => {
      off();
      removeEventListener("zone", rezone);
    };
  }

  update(params) {
    this.#params = params;
    this.#fill(params.get("formula"));
    this.picker.set(params.get("symbol"), params.get("timeframe"));
    this.at.value = params.get("at") ?? "";
    this.#ask();
  }

  #fill(chosen = this.formula.value) {
    const names = store.formulas.map((f) => f.name);
    if (chosen && !names.includes(chosen)) names.push(chosen);
    select(
      this.formula,
      names.map((n) => [n, shown(n)]),
      chosen || names[0] || "",
    );
  }

  async #submit(e) {
    e.preventDefault();
    await this.picker.search().catch(() => {}); // so that a part of a symbol is enough
    const s = this.picker.value();
    const q = new URLSearchParams({ formula: this.formula.value, symbol: s.symbol, timeframe: s.timeframe });
    if (this.at.value.trim()) q.set("at", this.at.value.trim());
    if (location.hash === `#/explain?${q}`) this.#ask();
    else location.hash = `#/explain?${q}`;
  }

  async #ask() {
    const mine = ++this.#turn;
    const [formula, symbol, timeframe] = ["formula", "symbol", "timeframe"].map((k) => this.#params.get(k));
    if (!formula || !symbol || !timeframe) {
      const missing = symbol && !timeframe ? `There is no series ${shown(symbol)}.` : "";
      const what = missing || "Choose a formula, a series and a candle.";
      this.out.replaceChildren(empty("Why did it fire, or not?", what));
      return;
    }
    try {
      const x = await get("explain", { formula, symbol, timeframe, at: clock(this.#params.get("at") ?? "") });
      if (mine !== this.#turn) return;
      const chart = chartOf({ symbol: x.symbol, timeframe: x.timeframe, formula: x.formula, at: x.timestamp });
      const link = el("p", {}, el("a", { href: chart }, "Show on the chart"));
      this.out.replaceChildren(el("div", { class: "card" }, explanation(x), link));
    } catch (e) {
      if (mine === this.#turn) this.out.replaceChildren(failed(e));
    }
  }
}
