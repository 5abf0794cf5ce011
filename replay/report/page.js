"use strict";
// Times are seconds since 1970; columns are arrays of equal length.
const report = JSON.parse(document.getElementById("report").textContent);
const ink = getComputedStyle(document.documentElement);
const color = (name) => ink.getPropertyValue("--" + name).trim();
const look = {
  autoSize: true,
  // The attribution stands in the footer: the logo would need a style element of its own.
  layout: { background: { color: "transparent" }, textColor: color("ink"), attributionLogo: false },
  grid: { vertLines: { visible: false }, horzLines: { color: color("line") } },
  rightPriceScale: { borderColor: color("line") },
  // Bars may be narrower than a pixel, so that the whole range fits.
  timeScale: { timeVisible: report.intraday, minBarSpacing: 0.001, borderColor: color("line") },
};
const chart = (id) => LightweightCharts.createChart(document.getElementById(id), look);
const points = (times, values) => times.map((time, i) => ({ time, value: values[i] }));

const equity = chart("equity");
equity.addSeries(LightweightCharts.LineSeries, { lineWidth: 2, color: color("mark") }).setData(points(report.times, report.equity));
equity.addSeries(LightweightCharts.LineSeries, { lineWidth: 1, color: "#8c959f" }).setData(points(report.times, report.held));
equity.timeScale().fitContent();

const drawdown = chart("drawdown");
drawdown.addSeries(LightweightCharts.AreaSeries, { lineColor: color("loss"), topColor: "#cf222e11", bottomColor: "#cf222e66", priceFormat: { type: "percent" } })
  .setData(points(report.times, report.drawdown));
drawdown.timeScale().fitContent();

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
  marks.setMarkers(c.marks.map((m) => ({
    time: m.time, position: m.entry === m.long ? "belowBar" : "aboveBar", shape: m.entry === m.long ? "arrowUp" : "arrowDown",
    color: color(m.entry ? "mark" : m.gain ? "gain" : "loss"), text: crowded ? "" : m.text,
  })));
  candles.timeScale().fitContent();
};
select.onchange();

// The calendar: a row a year, a column a week, a square a day.
const size = 11, years = Object.keys(report.calendar).sort();
const svg = (name, attributes, parent) => {
  const e = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  parent.append(e);
  return e;
};
const most = Math.max(1, ...years.flatMap((y) => Object.values(report.calendar[y])));
const root = svg("svg", { width: 40 + 54 * size, height: years.length * (8 * size) + 4 }, document.getElementById("calendar"));
years.forEach((year, row) => {
  const top = row * 8 * size;
  svg("text", { x: 0, y: top + 4 * size }, root).textContent = year;
  const first = new Date(Date.UTC(year, 0, 1)).getUTCDay();
  for (let day = 0; day < 366; day++) {
    const date = new Date(Date.UTC(year, 0, 1 + day));
    if (date.getUTCFullYear() != year) break;
    const key = date.toISOString().slice(0, 10), n = report.calendar[year][key] || 0, at = day + first;
    const square = svg("rect", { x: 40 + Math.floor(at / 7) * size, y: top + (at % 7) * size, width: size - 1, height: size - 1,
      ...(n ? { class: "entries", "fill-opacity": 0.25 + 0.75 * n / most } : {}) }, root);
    svg("title", {}, square).textContent = `${key}: ${n}`;
  }
});

// A click on the head of a column sorts by it, a second one the other way round.
const number = (text) => (/^[-+]?[\d.]+%?$/.test(text) ? parseFloat(text) : NaN);
const compare = (a, b) => {
  const x = number(a), y = number(b);
  if (Number.isNaN(x) && Number.isNaN(y)) return a < b ? -1 : a > b ? 1 : 0;
  return Number.isNaN(x) ? 1 : Number.isNaN(y) ? -1 : x - y;
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.ariaSort === "ascending";
    for (const h of heads) h.ariaSort = null;
    head.ariaSort = down ? "descending" : "ascending";
    const text = (row) => row.cells[column].textContent;
    const rows = [...body.rows].sort((a, b) => compare(text(a), text(b)));
    body.append(...(down ? rows.reverse() : rows));
  }));
}
