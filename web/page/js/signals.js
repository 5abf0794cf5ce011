// Signals: what has fired, newest first by the candle's time.
import { el, name, number, time, age, typeBadge, empty, download, shown, plural } from "./dom.js";
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

export const chartOf = (s) =>
  `#/chart?${new URLSearchParams({ symbol: s.symbol, timeframe: s.timeframe, formula: s.formula, at: s.timestamp })}`;
const valuesOf = (s) =>
  store
    .decided(s)
    .map(([k, v]) => `${shown(k)} = ${number(v)}`)
    .join("  ·  ");

export const open = (main, params) => {
  let paused = null; // what is shown while paused
  let holding = null; // what is shown while somebody is at the rows
  const formula = el("select", { name: "formula" });
  const symbol = el("input", { name: "symbol", maxLength: 64, placeholder: "all, or a part", size: 12 });
  const type = el(
    "select",
    { name: "type" },
    [
      ["", "all"],
      ["ENTRY", "▲ entry"],
      ["EXIT", "▼ exit"],
      ["SCAN_HIT", "● scan hit"],
    ].map(([v, t]) => new Option(t, v)),
  );
  const text = el("input", {
    name: "text",
    type: "search",
    maxLength: 64,
    placeholder: "symbol, formula, value, metadata",
  });
  const pause = el(
    "button",
    {
      type: "button",
      "aria-pressed": "false",
      onclick: () => {
        paused = paused ? null : listed();
        pause.setAttribute("aria-pressed", String(!!paused));
        pause.textContent = paused ? "Resume" : "Pause";
        show();
      },
    },
    "Pause",
  );
  const alerts = el(
    "button",
    {
      type: "button",
      "aria-expanded": "false",
      onclick: () => {
        panel.hidden = !panel.hidden;
        alerts.setAttribute("aria-expanded", String(!panel.hidden));
        if (!panel.hidden) panel.replaceChildren(alertChoices());
      },
    },
    "Alerts",
  );
  const panel = el("div", { hidden: true });
  const missing = el("p", { class: "warn", role: "status", hidden: true });
  const counts = el("span", { class: "quiet", role: "status" });
  const none = el("div");

  const table = new Table({
    label: "Signals",
    columns,
    key: (s) => s.id,
    className: "list",
    render: (s, row) => {
      row.className = "link";
      row.onclick = (e) => {
        if (!e.target.closest("a") && !getSelection().toString()) location.hash = chartOf(s);
      };
      cells(row, columns, [
        time(s.timestamp),
        age(s.timestamp),
        typeBadge(s.signal_type),
        el("a", { href: chartOf(s) }, name(s.symbol), " ", el("span", { class: "quiet" }, s.timeframe)),
        name(s.formula),
        number(s.candle.close),
        valuesOf(s),
      ]);
    },
  });

  const fill = () => {
    const names = [
      ...new Set([
        ...store.formulas.map((f) => f.name),
        ...store.signals.map((s) => s.formula),
        params.get("formula") ?? "",
      ]),
    ]
      .filter(Boolean)
      .sort();
    if (names.join("\0") === fill.last) return;
    fill.last = names.join("\0");
    const was = params.get("formula") ?? "";
    formula.replaceChildren(new Option("all", ""), ...names.map((n) => new Option(shown(n), n)));
    formula.value = was;
  };
  const listed = () => {
    const f = params.get("formula"),
      s = (params.get("symbol") ?? "").toLowerCase(),
      y = params.get("type"),
      t = (params.get("text") ?? "").toLowerCase();
    if (!f && !s && !y && !t) return store.signals;
    return store.signals.filter(
      (one) =>
        (!f || one.formula === f) &&
        (!y || one.signal_type === y) &&
        (!s || one.symbol.toLowerCase().includes(s)) &&
        (!t ||
          `${one.symbol} ${one.formula} ${one.signal_type} ${valuesOf(one)} ${JSON.stringify(one.metadata)}`
            .toLowerCase()
            .includes(t)),
    );
  };
  const show = (byHand = true) => {
    const all = listed();
    let list = paused ?? all;
    if (!paused && !byHand && table.held && holding !== null) {
      list = holding;
      const top = list[0];
      table.announce(top ? all.findIndex((s) => s === top) : 0, () => {
        holding = null;
        show();
      });
    } else {
      table.announce(0);
      holding = all;
    }
    if (paused) {
      const top = paused[0],
        n = top ? Math.max(0, all.indexOf(top)) : all.length;
      table.announce(n, () => pause.click());
    }
    table.set(list.length, (i) => list[i]);
    counts.textContent =
      list.length === store.signals.length
        ? plural(list.length, "signal")
        : `${list.length} of ${plural(store.signals.length, "signal")}`;
    missing.hidden = !store.lost;
    missing.textContent = store.lost;
    table.element.hidden = list.length === 0;
    none.hidden = list.length > 0;
    if (!list.length)
      none.replaceChildren(
        !store.loaded
          ? empty(reach.lost ? "Not connected" : "Loading", "")
          : store.signals.length
            ? empty("No signal matches the filter", "Clear a field to see more.")
            : empty(
                "No signals yet",
                "They appear here as they are committed. Until then, Formulas shows what is watched, and Health what is read.",
              ),
      );
    if (!document.hidden) store.read();
  };
  const write = () => {
    for (const e of [formula, symbol, type, text])
      if (e.value) params.set(e.name, e.value);
      else params.delete(e.name);
    history.replaceState(null, "", `#/signals${params.size ? "?" + params : ""}`);
    holding = null;
    show();
  };
  for (const e of [formula, symbol, type, text]) e.addEventListener("input", write);
  const csv = () => {
    const cell = (v) => {
      const t = String(v);
      const safe = /^[=+\-@\t\r]/.test(t) && Number.isNaN(Number(t)) ? "'" + t : t;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    const rows = [
      ["timestamp", "symbol", "timeframe", "formula", "signal_type", "close", "values", "id"],
      ...(paused ?? listed()).map((s) => [
        s.timestamp,
        s.symbol,
        s.timeframe,
        s.formula,
        s.signal_type,
        s.candle.close,
        store
          .decided(s)
          .map(([k, v]) => `${k}=${v}`)
          .join("; "),
        s.id,
      ]),
    ];
    download("signals.csv", "text/csv", rows.map((r) => r.map(cell).join(",")).join("\n") + "\n");
  };

  main.replaceChildren(
    el("h1", { class: "skip" }, "Signals"),
    el(
      "form",
      { class: "controls", role: "search", "aria-label": "Filter", onsubmit: (e) => e.preventDefault() },
      el("label", {}, "Formula", formula),
      el("label", {}, "Symbol", symbol),
      el("label", {}, "Type", type),
      el("label", { class: "grow" }, "Text", text),
      counts,
      pause,
      el("button", { type: "button", onclick: csv }, "Export CSV"),
      alerts,
    ),
    panel,
    missing,
    none,
    table.element,
  );

  const read = (p) => {
    params = p;
    fill.last = undefined;
    fill();
    for (const e of [symbol, type, text]) e.value = params.get(e.name) ?? "";
    holding = null;
    show();
  };
  read(params);
  const offs = [
    store.onsignals(() => {
      fill();
      show(false);
    }),
    store.onformulas(() => {
      fill();
      if (!panel.hidden) panel.replaceChildren(alertChoices());
    }),
  ];
  const rezone = () => {
    for (const row of table.rows.values()) row.item = undefined;
    show();
  };
  addEventListener("zone", rezone);
  const ages = setInterval(() => {
    for (const row of table.rows.values())
      if (row.item && row.cells[1]) row.cells[1].textContent = age(row.item.timestamp);
    show(false);
  }, 1000);
  return {
    update: read,
    close: () => {
      offs.forEach((f) => f());
      removeEventListener("zone", rezone);
      clearInterval(ages);
      table.close();
    },
  };
};
