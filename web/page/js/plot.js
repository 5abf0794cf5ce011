// The drawing of a chart: candles, volume, overlays (in panes of their own where their range is another one), markers,
// and the entry prices of open positions.
import { el, number, time, percent, shown, zone } from "./dom.js";

// library loads the bundle once, when the first chart is shown.
let loading;
const library = () =>
  (loading ??= new Promise((done, fail) => {
    document.head.append(
      el("script", {
        src: "vendor/lightweight-charts.js",
        onload: () => done(globalThis.LightweightCharts),
        onerror: () => {
          loading = undefined;
          fail(new Error("the chart library could not be loaded"));
        },
      }),
    );
  }));

const overlaysMost = 5; // colours
const columnsMost = 8; // lines
const panesMost = 3; // beside the one of the prices
const barsShown = 160; // at first
const seconds = (t) => Math.floor(Date.parse(t) / 1000);
const token = (name) =>
  getComputedStyle(document.documentElement)
    .getPropertyValue("--" + name)
    .trim();
const overlayColor = (i) => token(`overlay-${(i % overlaysMost) + 1}`);

// belongs reports whether values are in the range of the prices: then they are drawn over the candles.
const belongs = (values, candles) => {
  const own = values.filter((v) => v !== null);
  if (!own.length) return true;
  const low = candles.reduce((m, c) => Math.min(m, c.low), Infinity);
  const high = candles.reduce((m, c) => Math.max(m, c.high), -Infinity);
  const room = (high - low) * 0.6;
  return own.filter((v) => v >= low - room && v <= high + room).length > 0.9 * own.length;
};
const kindOf = (expression) => expression.match(/^[a-z_0-9]+/i)?.[0] ?? expression;

// paneOf chooses the pane of a column: 0 for that of the prices, else one for all columns of its kind.
const paneOf = (column, bars, kinds) => {
  if (belongs(column.values, bars)) return 0;
  const kind = kindOf(column.expression);
  if (!kinds.includes(kind) && kinds.length < panesMost) kinds.push(kind);
  return Math.max(1, kinds.indexOf(kind) + 1);
};

const barOf = (c) => ({ time: c.t, open: c.open, high: c.high, low: c.low, close: c.close });
const volumeOf = (c) => ({ time: c.t, value: c.volume, color: token(c.close >= c.open ? "up" : "down") + "40" });
const pointOf = (t, value) => (value === null || value === undefined ? { time: t } : { time: t, value });
const shapes = {
  ENTRY: { position: "belowBar", shape: "arrowUp", color: "up" },
  EXIT: { position: "aboveBar", shape: "arrowDown", color: "down" },
};
const markOf = (m) => {
  const { position, shape, color } = shapes[m.type] ?? { position: "belowBar", shape: "circle", color: "accent" };
  return { time: m.t, position, shape, color: token(m.sent ? color : "edge"), size: m.sent ? 1.2 : 0.8 };
};

class Plot {
  #library;
  #chart;
  #candles;
  #volume;
  #marks;
  #onpick;
  #onhover;
  #overlays = []; // the lines of columns, in their order
  #columns = []; // of /api/v1/eval
  #index = new Map(); // from the time of a bar to its place
  #markers = [];
  #levels = []; // price lines
  #levelsOf = [];
  #picked = -1;
  bars = [];

  constructor(L, box, { onpick, onhover }) {
    this.#library = L;
    this.#onpick = onpick;
    this.#onhover = onhover;
    this.#chart = L.createChart(box, {
      autoSize: true,
      layout: { attributionLogo: false, panes: { enableResize: true } },
    });
    this.#candles = this.#chart.addSeries(L.CandlestickSeries, {});
    this.#volume = this.#chart.addSeries(L.HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.#marks = L.createSeriesMarkers(this.#candles, []);
    this.#chart.subscribeCrosshairMove((p) => this.#hover(this.#index.get(p.time)));
    this.#chart.subscribeClick((p) => {
      const i = this.#index.get(p.time);
      if (i !== undefined) this.pick(i);
    });
    this.look();
    addEventListener("theme", this.look);
  }

  // look takes the colours of the theme, and the zone of times.
  look = () => {
    const edge = token("edge"),
      line = token("line");
    this.#chart.applyOptions({
      layout: {
        background: { color: token("paper") },
        textColor: token("quiet"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        panes: { separatorColor: line },
      },
      grid: { vertLines: { visible: false }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      crosshair: {
        mode: 0,
        vertLine: { color: edge, labelBackgroundColor: edge },
        horzLine: { color: edge, labelBackgroundColor: edge },
      },
      timeScale: { borderColor: line, timeVisible: true, secondsVisible: false, rightOffset: 4, minBarSpacing: 0.2 },
      localization: { timeFormatter: (t) => time(new Date(t * 1000)) },
    });
    const up = token("up"),
      down = token("down");
    this.#candles.applyOptions({
      upColor: token("paper"),
      downColor: down,
      borderUpColor: up,
      borderDownColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
    this.#overlays.forEach((series, i) => series.applyOptions({ color: overlayColor(i) }));
    this.#volume.setData(this.bars.map(volumeOf));
    this.#mark();
    this.setLevels(this.#levelsOf);
  };

  get picked() {
    return this.bars[this.#picked];
  }

  // set shows candles with the columns of an answer of /api/v1/eval on them.
  set(list, columns) {
    this.bars = list.map((c) => ({ ...c, t: seconds(c.timestamp) }));
    this.#reindex();
    this.#columns = columns;
    this.#picked = -1;
    this.#candles.setData(this.bars.map(barOf));
    this.#volume.setData(this.bars.map(volumeOf));
    this.#drawOverlays();
    this.#mark();
    const n = this.bars.length;
    this.#chart.timeScale().setVisibleLogicalRange({ from: n - Math.min(n, barsShown), to: n + 4 });
    this.#hover();
  }

  // add shows newer candles, and the newest values of the columns.
  add(list, evaluated) {
    for (const c of list.map((c) => ({ ...c, t: seconds(c.timestamp) }))) {
      const newest = this.bars.at(-1)?.t ?? -Infinity;
      if (c.t < newest) continue;
      if (c.t === newest) this.bars.pop();
      this.bars.push(c);
      this.#candles.update(barOf(c));
      this.#volume.update(volumeOf(c));
    }
    this.#reindex();
    evaluated.timestamps.forEach((t, j) => {
      const i = this.#index.get(seconds(t));
      if (i === undefined) return;
      evaluated.columns.forEach((c, k) => {
        this.#columns[k].values[i] = c.values[j];
        this.#overlays[k]?.update(pointOf(this.bars[i].t, c.values[j]), true);
      });
    });
    this.#mark();
    this.#hover();
  }

  setMarkers(list) {
    this.#markers = list;
    this.#mark();
  }

  // setLevels draws the entry prices of open positions: {price, title, up}.
  setLevels(list) {
    for (const line of this.#levels) this.#candles.removePriceLine(line);
    this.#levelsOf = list;
    this.#levels = list.map(({ price, title, up }) =>
      this.#candles.createPriceLine({
        price,
        title,
        color: token(up ? "up" : "down"),
        lineWidth: 1,
        lineStyle: this.#library.LineStyle.Dashed,
        axisLabelVisible: true,
      }),
    );
  }

  pick(i, told = true) {
    if (!this.bars.length) return;
    this.#picked = Math.max(0, Math.min(this.bars.length - 1, i));
    this.#mark();
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (range && (this.#picked < range.from + 2 || this.#picked > range.to - 2)) {
      this.#center(this.#picked, range.to - range.from);
    }
    this.#hover();
    if (told) this.#onpick(this.bars[this.#picked]);
  }

  // pickTime picks the bar of a time, and reports whether there is one.
  pickTime(t) {
    const i = this.#index.get(t);
    if (i !== undefined) this.pick(i, false);
    return i !== undefined;
  }

  move(by) {
    this.pick((this.#picked < 0 ? this.bars.length - 1 : this.#picked) + by);
  }

  zoom(factor) {
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const inside = this.#picked >= range.from && this.#picked <= range.to;
    this.#center(inside ? this.#picked : (range.from + range.to) / 2, Math.max(8, (range.to - range.from) * factor));
  }

  fit() {
    this.#chart.timeScale().fitContent();
  }

  close() {
    removeEventListener("theme", this.look);
    this.#chart.remove();
  }

  #center(middle, width) {
    this.#chart.timeScale().setVisibleLogicalRange({ from: middle - width / 2, to: middle + width / 2 });
  }

  #reindex() {
    this.#index = new Map(this.bars.map((c, i) => [c.t, i]));
  }

  #mark() {
    const all = this.#markers.filter((m) => this.#index.has(m.t)).map(markOf);
    if (this.picked) {
      const color = token("warn");
      all.push({ time: this.picked.t, position: "aboveBar", shape: "square", color, size: 0.7, text: "explained" });
    }
    this.#marks.setMarkers(all.sort((a, b) => a.time - b.time));
  }

  #hover(i) {
    const at = i ?? (this.#picked >= 0 ? this.#picked : this.bars.length - 1);
    const c = this.bars[at];
    if (c)
      this.#onhover(
        c,
        this.#columns.map((k) => [k.expression, k.values[at] ?? null]),
      );
  }

  #drawOverlays() {
    for (const series of this.#overlays) this.#chart.removeSeries(series);
    while (this.#chart.panes().length > 1) this.#chart.removePane(this.#chart.panes().length - 1);
    const kinds = [];
    this.#overlays = this.#columns.slice(0, columnsMost).map((c, i) => {
      const pane = paneOf(c, this.bars, kinds);
      const look = { lineWidth: 2, color: overlayColor(i), priceLineVisible: false, lastValueVisible: pane > 0 };
      const series = this.#chart.addSeries(this.#library.LineSeries, { ...look, crosshairMarkerVisible: false }, pane);
      series.setData(this.bars.map((b, k) => pointOf(b.t, c.values[k])));
      return series;
    });
    this.#chart.panes().forEach((p, i) => p.setStretchFactor(i ? 1 : 3));
  }
}

// plot draws into a box. onpick is told of a bar that is chosen, onhover of the one under the crosshair.
export const plot = async (box, listeners) => new Plot(await library(), box, listeners);

// legend shows the values of the bar under the crosshair.
export const legend = (box, title) => (c, values) => {
  const change = c.open ? (c.close - c.open) / c.open : 0;
  const prices = `O ${number(c.open)}  H ${number(c.high)}  L ${number(c.low)}  C ${number(c.close)}`;
  box.replaceChildren(
    el("div", {}, el("b", {}, title), " ", time(new Date(c.t * 1000)), zone.local ? " local" : " UTC"),
    el("div", { class: c.close >= c.open ? "good" : "bad" }, `${prices}  ${percent(change)}  V ${number(c.volume)}`),
    ...values.map(([k, v], i) => el("div", { class: `line c${(i % overlaysMost) + 1}` }, `${shown(k)} ${number(v)}`)),
  );
};
