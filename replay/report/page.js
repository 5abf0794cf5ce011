"use strict";
// Times are seconds since 1970; columns are arrays of equal length.
const report = JSON.parse(document.getElementById("report").textContent);
const ink = getComputedStyle(document.documentElement);
const color = (name) => ink.getPropertyValue("--" + name).trim();
const look = () => ({
  autoSize: true,
  // The attribution stands in the footer: the logo would need a style element of its own.
  layout: {
    background: { color: "transparent" },
    textColor: color("ink"),
    attributionLogo: false,
    panes: { separatorColor: color("line") },
  },
  grid: { vertLines: { visible: false }, horzLines: { color: color("line") } },
  rightPriceScale: { borderColor: color("line") },
  // Bars may be narrower than a pixel, so that the whole range fits.
  timeScale: { timeVisible: report.intraday, minBarSpacing: 0.001, borderColor: color("line") },
});
const charts = [];
const chart = (id) => {
  const c = LightweightCharts.createChart(document.getElementById(id), look());
  charts.push(c);
  return c;
};
const points = (times, values) => times.map((time, i) => ({ time, value: values[i] }));

// Equity and drawdown are two panes of one chart, so that a time stands at one place in both.
const curve = chart("equity");
const equity = curve.addSeries(LightweightCharts.LineSeries, { lineWidth: 2, priceLineVisible: false });
const held = curve.addSeries(LightweightCharts.LineSeries, { lineWidth: 1, priceLineVisible: false });
const drawdown = curve.addSeries(
  LightweightCharts.AreaSeries,
  { lineWidth: 1, priceFormat: { type: "percent" }, priceLineVisible: false, invertFilledArea: true },
  1,
);
equity.setData(points(report.times, report.equity));
held.setData(points(report.times, report.held));
drawdown.setData(points(report.times, report.drawdown));
curve.panes()[0].setStretchFactor(3);
curve.panes()[1].setStretchFactor(1);
curve.priceScale("right", 1).applyOptions({ scaleMargins: { top: 0.02, bottom: 0.1 } });
curve.timeScale().fitContent();
const log = document.getElementById("log");
log.onclick = () => {
  const on = log.ariaPressed !== "true";
  log.ariaPressed = String(on);
  curve.priceScale("right").applyOptions({ mode: on ? 1 : 0 });
};

const candles = chart("candles");
const bars = candles.addSeries(LightweightCharts.CandlestickSeries);
const marks = LightweightCharts.createSeriesMarkers(bars, []);
const select = document.getElementById("symbol");
for (const name of Object.keys(report.charts)) select.add(new Option(name, name));
select.onchange = () => {
  const c = report.charts[select.value];
  if (!c) return;
  bars.setData(c.time.map((time, i) => ({ time, open: c.open[i], high: c.high[i], low: c.low[i], close: c.close[i] })));
  const crowded = c.marks.length > 60; // texts would cover the candles
  marks.setMarkers(
    c.marks.map((m) => ({
      time: m.time,
      position: m.entry === m.long ? "belowBar" : "aboveBar",
      shape: m.entry === m.long ? "arrowUp" : "arrowDown",
      color: color(m.entry ? "mark" : m.gain ? "gain" : "loss"),
      text: crowded ? "" : m.text,
    })),
  );
  candles.timeScale().fitContent();
};
select.onchange();

// Charts show their whole range in a window of another width, too.
for (const c of charts) c.timeScale().subscribeSizeChange(() => c.timeScale().fitContent());

// The system's theme, or the one that is chosen.
const paint = () => {
  for (const c of charts) {
    const { timeScale, ...rest } = look();
    c.applyOptions({ ...rest, timeScale: { borderColor: timeScale.borderColor } });
  }
  equity.applyOptions({ color: color("mark") });
  held.applyOptions({ color: color("quiet") });
  drawdown.applyOptions({
    lineColor: color("loss"),
    topColor: color("loss") + "66",
    bottomColor: color("loss") + "11",
  });
  select.onchange();
  curve.timeScale().fitContent();
};
const themes = ["system", "light", "dark"];
let theme = 0;
document.getElementById("theme").textContent = "Theme: system";
document.getElementById("theme").onclick = (e) => {
  theme = (theme + 1) % themes.length;
  e.target.textContent = "Theme: " + themes[theme];
  if (theme) document.documentElement.dataset.theme = themes[theme];
  else delete document.documentElement.dataset.theme;
  paint();
};
matchMedia("(prefers-color-scheme: dark)").onchange = paint;
paint();

// The calendar: a row a year, a column a week, a square a day.
const size = 11,
  years = Object.keys(report.calendar).sort();
const svg = (name, attributes, parent) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  parent.append(e);
  return e;
};
const most = Math.max(1, ...years.flatMap((y) => Object.values(report.calendar[y])));
const root = svg(
  "svg",
  { width: 40 + 54 * size, height: years.length * (8 * size) + 4 },
  document.getElementById("calendar"),
);
years.forEach((year, row) => {
  const top = row * 8 * size;
  svg("text", { x: 0, y: top + 4 * size }, root).textContent = year;
  const first = new Date(Date.UTC(year, 0, 1)).getUTCDay();
  for (let day = 0; day < 366; day++) {
    const date = new Date(Date.UTC(year, 0, 1 + day));
    if (date.getUTCFullYear() != year) break;
    const key = date.toISOString().slice(0, 10),
      n = report.calendar[year][key] || 0,
      at = day + first;
    const square = svg(
      "rect",
      {
        x: 40 + Math.floor(at / 7) * size,
        y: top + (at % 7) * size,
        width: size - 1,
        height: size - 1,
        ...(n ? { class: "entries", "fill-opacity": 0.25 + (0.75 * n) / most } : {}),
      },
      root,
    );
    svg("title", {}, square).textContent = `${key}: ${n}`;
  }
});

// A click on the head of a column sorts by it, a second one the other way round.
const number = (text) => (/^[-+]?[\d.]+%?$/.test(text) ? parseFloat(text) : NaN);
const compare = (a, b) => {
  const x = number(a),
    y = number(b);
  if (Number.isNaN(x) && Number.isNaN(y)) return a < b ? -1 : a > b ? 1 : 0;
  return Number.isNaN(x) ? 1 : Number.isNaN(y) ? -1 : x - y;
};
const perPage = 50;
// paged shows rows a page at a time, from the first one.
const paged = (body, rows) => {
  const pages = Math.ceil(rows.length / perPage),
    by = (id) => document.getElementById(id);
  let page = 0;
  const show = () => {
    body.replaceChildren(...rows.slice(page * perPage, (page + 1) * perPage));
    by("page").textContent =
      `${page * perPage + 1} to ${Math.min(rows.length, (page + 1) * perPage)} of ${rows.length}`;
    by("before").disabled = page === 0;
    by("after").disabled = page === pages - 1;
  };
  by("pages").hidden = pages < 2;
  by("before").onclick = () => {
    page--;
    show();
  };
  by("after").onclick = () => {
    page++;
    show();
  };
  if (pages) show();
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells],
    body = table.tBodies[0];
  let rows = [...body.rows];
  const show = () => (table.id === "trades" ? paged(body, rows) : body.append(...rows));
  show();
  heads.forEach((head, column) =>
    head.querySelector("button").addEventListener("click", () => {
      const down = head.ariaSort === "ascending";
      for (const h of heads) h.ariaSort = null;
      head.ariaSort = down ? "descending" : "ascending";
      const text = (row) => row.cells[column].textContent;
      rows = rows.sort((a, b) => compare(text(a), text(b)));
      if (down) rows.reverse();
      show();
    }),
  );
}
