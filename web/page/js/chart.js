// Chart: the candles of a series with what a formula sees in them, and why it fired on a bar or did not.
import { el, shown, empty, plural, time, percent, select } from "./dom.js";
import { get, send, follow, failed, query } from "./api.js";
import { store } from "./store.js";
import { plot, legend } from "./plot.js";
import { explanation } from "./explanation.js";
import { seriesPicker } from "./picker.js";
import { Positions } from "./positions.js";

const candlesMost = 5000;
const columnsMost = 8;
const hitsMost = 1000;
const tailMost = 500; // values of columns that are asked for behind new candles
const longer = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"];
const unitMinutes = { s: 1 / 60, m: 1, h: 60, d: 1440, w: 10080, M: 43200 };
// The settings of a formula that decide where it fires.
const deciding = ["expression", "signal_type", "mode", "for", "cooldown", "min_bars", "params"];

const seconds = (t) => Math.floor(Date.parse(t) / 1000);
const minutes = (timeframe) => {
  const m = timeframe.match(/^(\d+)([smhdwM])$/);
  return m ? m[1] * unitMinutes[m[2]] : 0;
};

export const open = (main, params) => new ChartView(main, params);

class ChartView {
  #params;
  #key = ""; // of what is drawn
  #drawing = null;
  #abort = null; // of the stream that is followed
  #base = []; // the candles kept, though those of a longer timeframe are drawn
  #hits = []; // where the formula would have fired
  #sent = new Set(); // the times of published signals
  #turn = 0; // of explanations
  #started = false;
  #offs;

  constructor(main, params) {
    this.#params = params;
    this.picker = seriesPicker((s) => s.timeframe && this.#go({ ...s, at: null, as: null }));
    this.formula = el("select", { onchange: () => this.#go({ formula: this.formula.value, expr: null }) });
    this.frame = el("select", { onchange: () => this.#reframe() });
    this.note = el("span", { class: "quiet", role: "status" });
    this.canvas = el("div", { class: "canvas", "aria-hidden": "true" });
    this.values = el("div", { class: "legend" });
    this.why = el("div", { "aria-live": "polite" });
    this.positions = new Positions();
    this.side = el(
      "section",
      { class: "card side", tabIndex: 0, "aria-label": "Explanation of the bar" },
      this.why,
      this.positions.element,
    );
    this.box = el(
      "div",
      { class: "plot", tabIndex: 0, role: "group", "aria-label": keysHelp, onkeydown: (e) => this.#press(e) },
      this.canvas,
      this.values,
    );
    const view = el("div", { class: "chartview" }, this.#controls(), this.box, this.side, credit());
    main.replaceChildren(el("h1", { class: "skip" }, "Chart"), view);
    this.#offs = [
      store.onformulas(() => this.#ready()),
      store.onsignals(() => this.#drawing?.bars.length && this.#markers()),
    ];
    addEventListener("zone", this.#rezone);
    document.addEventListener("visibilitychange", this.#rest);
    this.#ready();
  }

  update(params) {
    this.#read(params);
  }

  close() {
    this.#abort?.abort();
    for (const off of this.#offs) off();
    removeEventListener("zone", this.#rezone);
    document.removeEventListener("visibilitychange", this.#rest);
    this.#drawing?.close();
  }

  #controls() {
    const button = (text, label, act) => el("button", { type: "button", "aria-label": label, onclick: act }, text);
    return el(
      "form",
      { class: "controls", "aria-label": "What to draw", onsubmit: (e) => e.preventDefault() },
      this.picker.element,
      el("label", {}, "Timeframe", this.frame),
      el("label", {}, "Formula", this.formula),
      button("+", "Zoom in", () => this.#drawing?.zoom(0.7)),
      button("−", "Zoom out", () => this.#drawing?.zoom(1.4)),
      button("All", "Show all candles", () => this.#drawing?.fit()),
      this.note,
    );
  }

  #press(e) {
    const d = this.#drawing;
    if (e.ctrlKey || e.altKey || e.metaKey || !d) return;
    const keys = {
      ArrowLeft: () => d.move(e.shiftKey ? -10 : -1),
      ArrowRight: () => d.move(e.shiftKey ? 10 : 1),
      "+": () => d.zoom(0.7),
      "=": () => d.zoom(0.7),
      "-": () => d.zoom(1.4),
      Home: () => d.pick(0),
      End: () => d.pick(d.bars.length - 1),
      0: () => d.fit(),
    };
    if (!keys[e.key]) return;
    e.preventDefault();
    keys[e.key]();
  }

  // #go changes the address; what is null leaves it.
  #go(changes, replace = false) {
    const q = new URLSearchParams(this.#params);
    for (const [k, v] of Object.entries(changes)) {
      if (v) q.set(k, v);
      else q.delete(k);
    }
    if (!replace) {
      location.hash = "#/chart?" + q;
      return;
    }
    history.replaceState(null, "", "#/chart?" + q);
    this.#params = q;
  }

  #reframe() {
    const own = this.#params.get("timeframe");
    this.#go({ as: this.frame.value === own ? null : this.frame.value, at: null });
  }

  // #ready begins once the formulas are known.
  #ready() {
    this.#fill();
    if (this.#started || !store.formulasLoaded) return;
    this.#started = true;
    this.#read(this.#params);
  }

  // #fill offers the formulas and the timeframes.
  #fill() {
    const p = this.#params;
    const names = store.formulas.map((f) => f.name);
    const chosen = p.get("formula") ?? "";
    if (chosen && !names.includes(chosen)) names.push(chosen);
    select(this.formula, [["", p.get("expr") ? "the draft" : "none"], ...names.map((n) => [n, shown(n)])], chosen);
    const own = p.get("timeframe") ?? "";
    const multiple = (f) => minutes(f) > minutes(own) && minutes(f) % (minutes(own) || 1) === 0;
    const frames = [own, ...longer.filter(multiple)].filter(Boolean);
    select(
      this.frame,
      frames.map((f) => [f, f]),
      p.get("as") ?? own,
    );
  }

  async #read(params) {
    let p = params;
    if (!p.get("symbol") || !p.get("timeframe")) {
      p = await this.#first(p);
      if (!p) {
        this.why.replaceChildren(empty("No candles yet", "Series appear with their first candle."));
        return;
      }
    }
    const keyOf = (q) => ["symbol", "timeframe", "as", "formula", "expr"].map((k) => q.get(k)).join("\0");
    const before = this.#params.get("at");
    this.#params = p;
    this.#fill();
    this.picker.set(p.get("symbol"), p.get("timeframe"));
    if (keyOf(p) !== this.#key) {
      this.#key = keyOf(p);
      this.#load();
    } else if (p.get("at") !== before) {
      this.#drawing?.pickTime(this.#align(seconds(p.get("at"))));
      this.#explain();
    }
  }

  // #first chooses a series, and a formula, where the address names none.
  async #first(p) {
    const { series } = await get("series", { symbol: p.get("symbol") ?? "", limit: 1 }).catch(() => ({ series: [] }));
    if (!series.length) return null;
    const q = new URLSearchParams(p);
    q.set("symbol", series[0].symbol);
    q.set("timeframe", series[0].timeframe);
    if (!q.get("formula") && store.formulas.length) q.set("formula", store.formulas[0].name);
    history.replaceState(null, "", "#/chart?" + q);
    return q;
  }

  // #load draws a series and follows it.
  async #load() {
    const p = this.#params;
    const symbol = p.get("symbol"),
      timeframe = p.get("timeframe"),
      as = p.get("as") ?? "";
    this.#abort?.abort();
    const own = (this.#abort = new AbortController());
    this.note.textContent = "loading";
    try {
      this.#drawing ??= await this.#plot();
      const [{ candles }, longerOnes, seen] = await Promise.all([
        get("candles", { symbol, timeframe, limit: candlesMost }),
        as ? get("candles", { symbol, timeframe, as, limit: candlesMost }) : null,
        this.#seen(),
      ]);
      const evaluate = (limit) => this.#evaluate(seen.shows, limit);
      const { columns } = await evaluate(candlesMost);
      if (own.signal.aborted) return;
      this.#base = candles;
      this.#hits = seen.hits.map((h) => ({ ...h, type: seen.type }));
      this.#drawing.set((longerOnes ?? { candles }).candles, columns);
      this.#show();
      await this.#follow(own.signal, evaluate);
    } catch (e) {
      if (own.signal.aborted) return;
      this.note.textContent = "";
      this.why.replaceChildren(failed(e));
    }
  }

  #plot() {
    return plot(this.canvas, {
      onpick: (bar) => {
        this.#go({ at: bar.timestamp }, true);
        this.#explain();
      },
      onhover: (c, v) => {
        const p = this.#params;
        legend(this.values, shown(`${p.get("symbol")} ${p.get("as") ?? p.get("timeframe")}`))(c, v);
      },
    });
  }

  // #show shows what belongs to candles that have been loaded.
  #show() {
    this.#markers();
    this.note.textContent = plural(this.#base.length, "candle") + " kept";
    const at = this.#params.get("at");
    if (at && !this.#drawing.pickTime(this.#align(seconds(at)))) this.note.textContent = "that bar is no longer kept";
    this.#explain();
    this.#positions();
  }

  async #follow(signal, evaluate) {
    const p = this.#params;
    const symbol = p.get("symbol"),
      timeframe = p.get("timeframe"),
      as = p.get("as") ?? "";
    const path = query("/api/v1/candles/stream", { symbol, timeframe, since: this.#base.at(-1)?.timestamp });
    await follow(path, "", signal, async (event, data) => {
      this.#base.push(...data.candles);
      if (this.#base.length > 2 * candlesMost) this.#base.splice(0, candlesMost); // after days
      const newest = as ? (await get("candles", { symbol, timeframe, as, limit: 3 })).candles : data.candles;
      const values = await evaluate(Math.min(tailMost, newest.length + 8));
      if (signal.aborted) return;
      this.#drawing.add(newest, values);
      this.#markers();
      this.#positions();
      if (!this.#params.get("at")) this.#explain();
    });
  }

  // #seen is what the formula sees: its indicator calls, and where it fires on the candles kept.
  async #seen() {
    const p = this.#params;
    const f = store.formulas.find((f) => f.name === p.get("formula"));
    const draft = p.get("expr");
    if (!f && !draft) return { shows: [], hits: [], type: "" };
    const pairs = deciding.filter((k) => f?.[k] !== undefined).map((k) => [k, f[k]]);
    const settings = f ? Object.fromEntries(pairs) : { expression: draft };
    const symbol = p.get("symbol").replaceAll("*", "?"); // a symbol that holds a star is found by a pattern, too
    const path = query("preview", { symbol, timeframe: p.get("timeframe"), limit: hitsMost });
    const a = await send("POST", path, settings).catch(() => ({ hits: [], shows: f?.shows ?? [] }));
    const hits = a.hits.filter((h) => h.symbol === p.get("symbol"));
    return { shows: a.shows ?? f?.shows ?? [], hits, type: f?.signal_type ?? "" };
  }

  async #evaluate(shows, limit) {
    if (!shows.length) return { timestamps: [], columns: [] };
    const p = this.#params;
    return get("eval", {
      expr: shows.slice(0, columnsMost),
      symbol: p.get("symbol"),
      timeframe: p.get("timeframe"),
      as: p.get("as"),
      limit,
    });
  }

  // #align returns, of the time of a candle, the time of the bar that is drawn for it.
  #align(t) {
    const bars = this.#drawing.bars;
    let lo = 0,
      hi = bars.length - 1,
      found = null;
    while (lo <= hi) {
      const mid = (lo + hi) >> 1;
      if (bars[mid].t <= t) {
        found = bars[mid].t;
        lo = mid + 1;
      } else hi = mid - 1;
    }
    return found;
  }

  // #markers marks published signals, and paler where the formula would have fired besides.
  #markers() {
    const p = this.#params;
    const chosen = p.get("formula");
    const ownSignal = (s) =>
      s.symbol === p.get("symbol") && s.timeframe === p.get("timeframe") && (!chosen || s.formula === chosen);
    const own = p.get("expr") ? [] : store.signals.filter(ownSignal);
    this.#sent = new Set(own.map((s) => s.timestamp));
    const at = new Map(); // one for each bar and type
    for (const s of own) this.#mark(at, s.time / 1000, s.signal_type, true);
    for (const h of this.#hits) if (!this.#sent.has(h.timestamp)) this.#mark(at, seconds(h.timestamp), h.type, false);
    this.#drawing.setMarkers([...at.values()]);
  }

  #mark(at, time, type, sent) {
    const t = this.#align(time);
    const key = `${t} ${type}`;
    if (t !== null && !at.has(key)) at.set(key, { t, type, sent });
  }

  async #positions() {
    const p = this.#params;
    const formula = p.get("formula") ?? "";
    const draft = !formula && p.get("expr");
    const own = await this.positions.load(p.get("symbol"), p.get("timeframe"), formula).catch(() => null);
    if (!own || !this.#drawing) return;
    const entered = draft ? [] : own.filter((o) => o.entry !== null).slice(0, columnsMost);
    this.#drawing.setLevels(
      entered.map((o) => ({
        price: o.entry,
        title: `${formula ? "" : shown(o.formula) + " "}${o.return === null ? "" : percent(o.return)}`,
        up: o.return >= 0,
      })),
    );
  }

  async #explain() {
    const mine = ++this.#turn;
    const p = this.#params;
    const formula = p.get("formula"),
      expr = p.get("expr");
    if (!formula && !expr) {
      const what = "Then its indicators are drawn, and a click on a bar says why it fired there or did not.";
      this.why.replaceChildren(empty("Choose a formula", what));
      return;
    }
    let at = p.get("at") ?? "";
    if (at && p.get("as")) at = this.#lastWithin(at, p.get("as")) ?? at;
    const about = formula ? { formula } : { expr };
    try {
      const x = await get("explain", { ...about, symbol: p.get("symbol"), timeframe: p.get("timeframe"), at });
      if (mine !== this.#turn) return;
      const keep = this.side.scrollTop;
      this.why.replaceChildren(explanation(x, !!this.#signal(formula, x.timestamp)));
      this.side.scrollTop = keep;
    } catch (e) {
      if (mine === this.#turn) this.why.replaceChildren(failed(e), this.#published(formula, at));
    }
  }

  #signal(formula, timestamp) {
    const symbol = this.#params.get("symbol");
    return store.signals.find((s) => s.formula === formula && s.symbol === symbol && s.timestamp === timestamp);
  }

  // #published shows the values of a signal on a bar that is no longer kept.
  #published(formula, at) {
    const s = this.#signal(formula, at);
    if (!s) return "";
    const values = store.decided(s).map(([k, v]) => el("li", {}, el("code", {}, `${shown(k)} = ${v}`)));
    return el("div", {}, el("h2", {}, `The signal of ${time(s.timestamp)}`), el("ul", { class: "tree" }, values));
  }

  // #lastWithin returns the newest candle of a bar that was put together.
  #lastWithin(at, as) {
    const from = seconds(at),
      to = from + minutes(as) * 60;
    const within = (c) => seconds(c.timestamp) >= from && seconds(c.timestamp) < to;
    return this.#base.findLast(within)?.timestamp;
  }

  #rezone = () => {
    this.#drawing?.look();
    this.#explain();
  };

  // #rest reads nothing while nobody looks.
  #rest = () => {
    if (document.hidden) this.#abort?.abort();
    else if (this.#key) this.#load();
  };
}

const keysHelp =
  "Chart. Left and right arrow move the bar, plus and minus zoom, Home and End go to the ends, zero shows all.";

const credit = () =>
  el(
    "p",
    { class: "credit" },
    "Charts: TradingView Lightweight Charts™, Copyright (c) 2026 TradingView, Inc., ",
    el("a", { href: "https://www.tradingview.com/", rel: "noreferrer" }, "tradingview.com"),
    ", Apache License 2.0.",
  );
