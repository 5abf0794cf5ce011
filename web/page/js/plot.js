// The drawing of a chart: candles, volume, overlays in panes of their own where their range is another one, markers.
import { el, number, time, shown, zone } from "./dom.js";

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

const token = (name) =>
  getComputedStyle(document.documentElement)
    .getPropertyValue("--" + name)
    .trim();
const overlaysMost = 5;
const panesMost = 3; // beside the one of the prices
const seconds = (t) => Math.floor(Date.parse(t) / 1000);

// belongs reports whether values are in the range of the prices: then they are drawn over the candles.
const belongs = (values, candles) => {
  const own = values.filter((v) => v !== null);
  if (!own.length) return true;
  const low = Math.min(...candles.map((c) => c.low)),
    high = Math.max(...candles.map((c) => c.high)),
    room = (high - low) * 0.6;
  const inside = own.filter((v) => v >= low - room && v <= high + room).length;
  return inside > 0.9 * own.length;
};
const kindOf = (expression) => expression.match(/^[a-z_0-9]+/i)?.[0] ?? expression;

export const plot = async (box, { onpick, onhover }) => {
  const L = await library();
  const chart = L.createChart(box, {
    autoSize: true,
    layout: { attributionLogo: false, panes: { enableResize: true } },
  });
  const candles = chart.addSeries(L.CandlestickSeries, {});
  const volume = chart.addSeries(L.HistogramSeries, {
    priceScaleId: "volume",
    priceFormat: { type: "volume" },
    lastValueVisible: false,
    priceLineVisible: false,
  });
  chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
  const marks = L.createSeriesMarkers(candles, []);
  let overlays = [],
    bars = [],
    index = new Map(),
    columns = [],
    picked = -1,
    markers = [],
    held = null;

  const look = () => {
    chart.applyOptions({
      layout: {
        background: { color: token("paper") },
        textColor: token("quiet"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        panes: { separatorColor: token("line") },
      },
      grid: { vertLines: { visible: false }, horzLines: { color: token("line") } },
      rightPriceScale: { borderColor: token("line") },
      crosshair: {
        mode: 0,
        vertLine: { color: token("edge"), labelBackgroundColor: token("edge") },
        horzLine: { color: token("edge"), labelBackgroundColor: token("edge") },
      },
      timeScale: {
        borderColor: token("line"),
        timeVisible: true,
        secondsVisible: false,
        rightOffset: 4,
        minBarSpacing: 0.2,
        tickMarkFormatter: undefined,
      },
      localization: { timeFormatter: (t) => time(new Date(t * 1000)) },
    });
    candles.applyOptions({
      upColor: token("paper"),
      downColor: token("down"),
      borderUpColor: token("up"),
      borderDownColor: token("down"),
      wickUpColor: token("up"),
      wickDownColor: token("down"),
    });
    overlays.forEach((o, i) => o.series.applyOptions({ color: token(`overlay-${(i % overlaysMost) + 1}`) }));
    volume.setData(bars.map(volumeOf));
    mark();
  };
  const volumeOf = (c) => ({
    time: c.t,
    value: c.volume,
    color: (c.close >= c.open ? token("up") : token("down")) + "40",
  });
  const bar = (c) => ({ time: c.t, open: c.open, high: c.high, low: c.low, close: c.close });
  const mark = () => {
    const shownMarks = markers
      .filter((m) => index.has(m.t))
      .map((m) => ({
        time: m.t,
        position: m.type === "EXIT" ? "aboveBar" : "belowBar",
        shape: m.type === "EXIT" ? "arrowDown" : m.type === "ENTRY" ? "arrowUp" : "circle",
        color: token(m.sent ? (m.type === "EXIT" ? "down" : m.type === "ENTRY" ? "up" : "accent") : "edge"),
        size: m.sent ? 1.2 : 0.8,
      }));
    if (picked >= 0 && bars[picked])
      shownMarks.push({
        time: bars[picked].t,
        position: "aboveBar",
        shape: "square",
        color: token("warn"),
        size: 0.7,
        text: "explained",
      });
    marks.setMarkers(shownMarks.sort((a, b) => a.time - b.time));
  };
  const reindex = () => {
    index = new Map(bars.map((c, i) => [c.t, i]));
  };
  const read = (c) => ({ ...c, t: seconds(c.timestamp) });

  const pick = (i, told = true) => {
    if (!bars.length) return;
    picked = Math.max(0, Math.min(bars.length - 1, i));
    mark();
    const range = chart.timeScale().getVisibleLogicalRange();
    if (range && (picked < range.from + 2 || picked > range.to - 2)) {
      const width = range.to - range.from;
      chart.timeScale().setVisibleLogicalRange({ from: picked - width / 2, to: picked + width / 2 });
    }
    hover(picked);
    if (told) onpick(bars[picked]);
  };
  const hover = (i) => {
    const at = i ?? (picked >= 0 ? picked : bars.length - 1);
    const c = bars[at];
    if (c)
      onhover(
        c,
        columns.map((k) => [k.expression, k.values[at] ?? null]),
      );
  };
  chart.subscribeCrosshairMove((p) => hover(p.time === undefined ? undefined : index.get(p.time)));
  chart.subscribeClick((p) => {
    const i = p.time === undefined ? undefined : index.get(p.time);
    if (i !== undefined) pick(i);
  });
  const zoom = (factor) => {
    const range = chart.timeScale().getVisibleLogicalRange();
    if (!range) return;
    const middle = picked >= range.from && picked <= range.to ? picked : (range.from + range.to) / 2,
      width = Math.max(8, (range.to - range.from) * factor);
    chart.timeScale().setVisibleLogicalRange({ from: middle - width / 2, to: middle + width / 2 });
  };

  const drawOverlays = () => {
    for (const o of overlays) chart.removeSeries(o.series);
    while (chart.panes().length > 1) chart.removePane(chart.panes().length - 1);
    overlays = [];
    const panes = [];
    columns.slice(0, 8).forEach((c, i) => {
      let pane = 0;
      if (!belongs(c.values, bars)) {
        const kind = kindOf(c.expression);
        if (!panes.includes(kind) && panes.length < panesMost) panes.push(kind);
        pane = Math.max(1, panes.indexOf(kind) + 1);
      }
      const series = chart.addSeries(
        L.LineSeries,
        {
          lineWidth: 2,
          color: token(`overlay-${(i % overlaysMost) + 1}`),
          priceLineVisible: false,
          lastValueVisible: pane > 0,
          crosshairMarkerVisible: false,
        },
        pane,
      );
      series.setData(
        bars.map((b, k) =>
          c.values[k] === null || c.values[k] === undefined ? { time: b.t } : { time: b.t, value: c.values[k] },
        ),
      );
      overlays.push({ series, pane });
    });
    chart.panes().forEach((p, i) => p.setStretchFactor(i ? 1 : 3));
  };

  look();
  addEventListener("theme", look);
  return {
    look,
    zoom,
    get bars() {
      return bars;
    },
    get picked() {
      return bars[picked];
    },
    // set shows candles with the columns of an answer of /api/v1/eval on them.
    set: (list, evaluated) => {
      bars = list.map(read);
      reindex();
      columns = evaluated;
      picked = -1;
      candles.setData(bars.map(bar));
      volume.setData(bars.map(volumeOf));
      drawOverlays();
      mark();
      chart.timeScale().setVisibleLogicalRange({ from: bars.length - Math.min(bars.length, 160), to: bars.length + 4 });
      hover();
    },
    // add shows newer candles, and the newest values of the columns.
    add: (list, evaluated) => {
      for (const c of list.map(read)) {
        if (bars.length && c.t < bars.at(-1).t) continue;
        if (bars.length && c.t === bars.at(-1).t) bars[bars.length - 1] = c;
        else bars.push(c);
        candles.update(bar(c));
        volume.update(volumeOf(c));
      }
      reindex();
      evaluated.timestamps.forEach((t, j) => {
        const i = index.get(seconds(t));
        if (i !== undefined)
          evaluated.columns.forEach((c, k) => {
            columns[k].values[i] = c.values[j];
            overlays[k]?.series.update(
              c.values[j] === null ? { time: bars[i].t } : { time: bars[i].t, value: c.values[j] },
              true,
            );
          });
      });
      mark();
      hover(held ?? undefined);
    },
    setMarkers: (list) => {
      markers = list;
      mark();
    },
    pick: (i) => pick(i),
    pickTime: (t) => {
      const i = index.get(t);
      if (i !== undefined) pick(i, false);
      return i !== undefined;
    },
    move: (by) => pick((picked < 0 ? bars.length - 1 : picked) + by),
    fit: () => chart.timeScale().fitContent(),
    close: () => {
      removeEventListener("theme", look);
      chart.remove();
    },
  };
};

// legend shows the values of the bar under the crosshair.
export const legend = (box, title) => (c, values) => {
  const change = c.open ? (100 * (c.close - c.open)) / c.open : 0;
  box.replaceChildren(
    el("div", {}, el("b", {}, title), " ", time(new Date(c.t * 1000)), zone.local ? " local" : " UTC"),
    el(
      "div",
      { class: c.close >= c.open ? "good" : "bad" },
      `O ${number(c.open)}  H ${number(c.high)}  L ${number(c.low)}  C ${number(c.close)}  ${change >= 0 ? "+" : "−"}${Math.abs(change).toFixed(2)} %  V ${number(c.volume)}`,
    ),
    ...values.map(([k, v], i) => el("div", { class: `line c${(i % overlaysMost) + 1}` }, `${shown(k)} ${number(v)}`)),
  );
};
