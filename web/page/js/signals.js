// Signals: what has fired, newest first by the candle's time.
import { el, name, number, time, age, typeBadge, empty, download, shown, plural, select, chartOf } from "./dom.js";
import { reach } from "./api.js";
import { store } from "./store.js";
import { Table, cells } from "./table.js";
import { alertChoices } from "./alerts.js";

const columns = [
  { title: "Time", class: "when" },
  { title: "Age", class: "age fold" },
  { title: "Type", class: "type" },
  { title: "Symbol", class: "symbol" },
  { title: "Formula", class: "formula" },
  { title: "Close", class: "number" },
  { title: "Values that decided", class: "values" },
];
const types = [
  ["", "all"],
  ["ENTRY", "▲ entry"],
  ["EXIT", "▼ exit"],
  ["SCAN_HIT", "● scan hit"],
  ["RESOLVE", "■ resolve"],
];

const addressOf = (s) => chartOf({ symbol: s.symbol, timeframe: s.timeframe, formula: s.formula, at: s.timestamp });
const valuesOf = (s) =>
  store
    .decided(s)
    .map(([k, v]) => `${shown(k)} = ${number(v)}`)
    .join("  ·  ");

// csvCell quotes a cell, and keeps a spreadsheet from taking a text for a formula.
const csvCell = (value) => {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
const csvHead = ["timestamp", "symbol", "timeframe", "formula", "signal_type", "close", "values", "id"];
const csvRow = (s) => {
  const values = store.decided(s).map(([k, v]) => `${k}=${v}`);
  const close = s.candle?.close ?? "";
  return [s.timestamp, s.symbol, s.timeframe, s.formula, s.signal_type, close, values.join("; "), s.id];
};

export const open = (main, params) => new SignalsView(main, params);

class SignalsView {
  #params;
  #paused = null; // what is shown while paused
  #holding = null; // what is shown while somebody is at the rows
  #offs;
  #ages;

  constructor(main, params) {
    this.table = new Table({
      label: "Signals",
      columns,
      key: (s) => s.id,
      className: "list",
      render: (s, row) => this.#row(s, row),
    });
    this.panel = el("div", { hidden: true });
    this.missing = el("p", { class: "warn", role: "status", hidden: true });
    this.none = el("div");
    const title = el("h1", { class: "skip" }, "Signals");
    main.replaceChildren(title, this.#filter(), this.panel, this.missing, this.none, this.table.element);
    this.update(params);
    this.#offs = [
      store.onsignals(() => {
        this.#fill();
        this.#show(false);
      }),
      store.onformulas(() => {
        this.#fill();
        if (!this.panel.hidden) this.panel.replaceChildren(alertChoices());
      }),
    ];
    addEventListener("zone", this.#rezone);
    this.#ages = setInterval(() => this.#tick(), 1000);
  }

  update(params) {
    this.#params = params;
    this.#fill();
    for (const e of [this.symbol, this.type, this.text]) e.value = params.get(e.name) ?? "";
    this.#holding = null;
    this.#show();
  }

  close() {
    for (const off of this.#offs) off();
    removeEventListener("zone", this.#rezone);
    clearInterval(this.#ages);
    this.table.close();
  }

  #filter() {
    this.formula = el("select", { name: "formula" });
    this.symbol = el("input", { name: "symbol", maxLength: 64, placeholder: "all, or a part", size: 12 });
    this.type = el(
      "select",
      { name: "type" },
      types.map(([v, t]) => new Option(t, v)),
    );
    const placeholder = "symbol, formula, value, metadata";
    this.text = el("input", { name: "text", type: "search", maxLength: 64, placeholder });
    this.counts = el("span", { class: "quiet", role: "status" });
    this.pause = el("button", { type: "button", "aria-pressed": "false", onclick: () => this.#pause() }, "Pause");
    this.alerts = el("button", { type: "button", "aria-expanded": "false", onclick: () => this.#alerts() }, "Alerts");
    for (const e of [this.formula, this.symbol, this.type, this.text]) e.addEventListener("input", () => this.#write());
    return el(
      "form",
      { class: "controls", role: "search", "aria-label": "Filter", onsubmit: (e) => e.preventDefault() },
      el("label", {}, "Formula", this.formula),
      el("label", {}, "Symbol", this.symbol),
      el("label", {}, "Type", this.type),
      el("label", { class: "grow" }, "Text", this.text),
      this.counts,
      this.pause,
      el("button", { type: "button", onclick: () => this.#export() }, "Export CSV"),
      this.alerts,
    );
  }

  #row(s, row) {
    row.className = "link";
    row.onclick = (e) => {
      if (!e.target.closest("a") && !getSelection().toString()) location.hash = addressOf(s);
    };
    const symbol = el("a", { href: addressOf(s) }, name(s.symbol), " ", el("span", { class: "quiet" }, s.timeframe));
    const texts = [name(s.formula), number(s.candle?.close), valuesOf(s)];
    cells(row, columns, [time(s.timestamp), age(s.timestamp), typeBadge(s.signal_type), symbol, ...texts]);
  }

  // #fill offers the formulas that are in force, and those that have fired.
  #fill() {
    const chosen = this.#params.get("formula") ?? "";
    const known = [...store.formulas.map((f) => f.name), ...store.signals.map((s) => s.formula), chosen];
    const names = [...new Set(known)].filter(Boolean).sort();
    select(this.formula, [["", "all"], ...names.map((n) => [n, shown(n)])], chosen);
  }

  // #write puts the filter into the address.
  #write() {
    const p = this.#params;
    for (const e of [this.formula, this.symbol, this.type, this.text]) {
      if (e.value) p.set(e.name, e.value);
      else p.delete(e.name);
    }
    history.replaceState(null, "", `#/signals${p.size ? "?" + p : ""}`);
    this.#holding = null;
    this.#show();
  }

  #listed() {
    const p = this.#params;
    const formula = p.get("formula"),
      type = p.get("type"),
      symbol = (p.get("symbol") ?? "").toLowerCase(),
      text = (p.get("text") ?? "").toLowerCase();
    if (!formula && !type && !symbol && !text) return store.signals;
    const words = (s) => `${s.symbol} ${s.formula} ${s.signal_type} ${valuesOf(s)} ${JSON.stringify(s.metadata ?? {})}`;
    return store.signals.filter(
      (s) =>
        (!formula || s.formula === formula) &&
        (!type || s.signal_type === type) &&
        (!symbol || s.symbol.toLowerCase().includes(symbol)) &&
        (!text || words(s).toLowerCase().includes(text)),
    );
  }

  // #show shows the list. While somebody is at the rows, or has paused, newer ones are offered and not shown.
  #show(byHand = true) {
    const all = this.#listed();
    let list = all;
    if (this.#paused) {
      list = this.#paused;
      this.table.announce(this.#newer(all, list[0]), () => this.#pause());
    } else if (!byHand && this.table.held && this.#holding) {
      list = this.#holding;
      this.table.announce(list.length ? this.#newer(all, list[0]) : 0, () => {
        this.#holding = null;
        this.#show();
      });
    } else {
      this.table.announce(0);
      this.#holding = all;
    }
    this.table.set(list.length, (i) => list[i]);
    this.#say(list);
    if (!document.hidden) store.read();
  }

  #newer(all, top) {
    return top ? Math.max(0, all.indexOf(top)) : all.length;
  }

  // #say shows how many there are, and in place of none why.
  #say(list) {
    const kept = plural(store.signals.length, "signal");
    this.counts.textContent = list.length === store.signals.length ? kept : `${list.length} of ${kept}`;
    this.missing.hidden = !store.lost;
    this.missing.textContent = store.lost;
    this.table.element.hidden = list.length === 0;
    this.none.hidden = list.length > 0;
    if (list.length) return;
    const waiting = "They appear here once they are committed. Formulas shows what is watched, Health what is read.";
    let why = empty("No signals yet", waiting);
    if (!store.loaded) why = empty(reach.lost ? "Not connected" : "Loading", "");
    else if (store.signals.length) why = empty("No signal matches the filter", "Clear a field to see more.");
    this.none.replaceChildren(why);
  }

  #pause() {
    this.#paused = this.#paused ? null : this.#listed();
    this.pause.setAttribute("aria-pressed", String(!!this.#paused));
    this.pause.textContent = this.#paused ? "Resume" : "Pause";
    this.#show();
  }

  #alerts() {
    this.panel.hidden = !this.panel.hidden;
    this.alerts.setAttribute("aria-expanded", String(!this.panel.hidden));
    if (!this.panel.hidden) this.panel.replaceChildren(alertChoices());
  }

  #export() {
    const rows = [csvHead, ...(this.#paused ?? this.#listed()).map(csvRow)];
    download("signals.csv", "text/csv", rows.map((r) => r.map(csvCell).join(",")).join("\n") + "\n");
  }

  #tick() {
    for (const row of this.table.rows.values()) {
      if (row.item && row.cells[1]) row.cells[1].textContent = age(row.item.timestamp);
    }
    this.#show(false);
  }

  #rezone = () => {
    for (const row of this.table.rows.values()) row.item = undefined;
    this.#show();
  };
}
