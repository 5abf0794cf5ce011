"use strict";
// Times are seconds since 1970; columns are arrays of equal length.
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const look = {
  autoSize: true,
  layout: { background: { color: "transparent" }, textColor: dark ? "#e6edf3" : "#1b1f24", attributionLogo: true },
  grid: { vertLines: { visible: false }, horzLines: { color: dark ? "#30363d" : "#eaeef2" } },
  timeScale: { timeVisible: report.intraday },
};
const chart = (id) => LightweightCharts.createChart(document.getElementById(id), look);
const points = (times, values) => times.map((time, i) => ({ time, value: values[i] }));

const equity = chart("equity");
equity.addSeries(LightweightCharts.LineSeries, { lineWidth: 2, title: "strategy" }).setData(points(report.times, report.equity));
equity.addSeries(LightweightCharts.LineSeries, { lineWidth: 1, color: "#8c959f", title: "held" }).setData(points(report.times, report.held));
equity.timeScale().fitContent();

const drawdown = chart("drawdown");
drawdown.addSeries(LightweightCharts.AreaSeries, { lineColor: "#cf222e", topColor: "#cf222e11", bottomColor: "#cf222e66", priceFormat: { type: "percent" } })
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
  marks.setMarkers(c.marks.map((m) => ({
    time: m.time, position: m.entry === m.long ? "belowBar" : "aboveBar", shape: m.entry === m.long ? "arrowUp" : "arrowDown",
    color: m.entry ? "#0969da" : m.gain ? "#1a7f37" : "#cf222e", text: m.text,
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
      fill: n ? `rgba(9,105,218,${0.25 + 0.75 * n / most})` : dark ? "#161b22" : "#f0f2f4" }, root);
    svg("title", {}, square).textContent = `${key}: ${n}`;
  }
});
