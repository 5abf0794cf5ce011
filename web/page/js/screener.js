// Screener: expressions on the newest candle of every series, ranked by the daemon once a second.
import { el, name, shown, number, time, empty, plural, count } from "./dom.js";
import { get, every, Failure, failed } from "./api.js";
import { Table, cells } from "./table.js";

const columnsMost = 8;
const windowRows = 200; // that are had at a time
const standard = ["roc(close, 20)", "rsi(close, 14)", "volume / sma(volume, 20)"];

export const open = (main, params) => {
  let answer = null,
    offset = 0,
    busy = false,
    again = false,
    timer = null;
  const inputs = el("div", { class: "columns" });
  const where = el("input", { maxLength: 1000, spellcheck: false, autocomplete: "off", placeholder: "every series" });
  const symbol = el("input", { maxLength: 64, size: 12, placeholder: "all, or a part" });
  const frame = el("input", { maxLength: 6, size: 6, placeholder: "all" });
  const note = el("span", { class: "quiet", role: "status" });
  const problems = el("ul", { class: "problems", "aria-live": "polite", "aria-label": "Problems" });
  const none = el("div");
  const asFormula = el("a", { class: "button" }, "Condition as a formula");

  const expressions = () => (params.getAll("expr").length ? params.getAll("expr") : standard);
  const sorted = () => params.get("sort") ?? "-1";
  const heads = () => {
    const order = (key) => (sorted() === key ? "ascending" : sorted() === "-" + key ? "descending" : undefined);
    return [
      { title: "Symbol", class: "symbol", sort: "symbol", sorted: order("symbol") },
      { title: "Newest", class: "fold", sort: "timestamp", sorted: order("timestamp") },
      { title: "Close", class: "number", sort: "close", sorted: order("close") },
      ...expressions().map((x, i) => ({
        title: shown(x),
        class: "number",
        sort: String(i + 1),
        sorted: order(String(i + 1)),
      })),
    ];
  };
  const table = new Table({
    label: "Screener",
    columns: heads(),
    key: (r) => `${r.symbol} ${r.timeframe}`,
    className: "list",
    onsort: (key) => go({ sort: sorted() === "-" + key ? key : "-" + key }),
    render: (r, row) => {
      const link =
        "#/chart?" +
        new URLSearchParams({
          symbol: r.symbol,
          timeframe: r.timeframe,
          ...(params.get("where") ? { expr: params.get("where") } : {}),
        });
      row.className = "link";
      row.onclick = (e) => {
        if (!e.target.closest("a")) location.hash = link;
      };
      cells(row, table.columns, [
        el("a", { href: link }, name(r.symbol), " ", el("span", { class: "quiet" }, r.timeframe)),
        time(r.timestamp),
        number(r.close),
        ...r.values.map((v, k) =>
          answer.columns[k]?.type === "condition" ? (v === 1 ? "✓" : v === 0 ? "✗" : "na") : number(v),
        ),
      ]);
    },
  });

  const go = (changes) => {
    const q = new URLSearchParams(params);
    for (const [k, v] of Object.entries(changes)) {
      q.delete(k);
      for (const one of [v].flat()) if (one) q.append(k, one);
    }
    location.hash = "#/screener?" + q;
  };
  const at = (i) => (answer && i >= offset && i < offset + answer.rows.length ? answer.rows[i - offset] : undefined);
  const ask = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const mine = params;
    const from = Math.max(0, Math.floor((table.first ?? 0) / 50) * 50);
    try {
      const a = await get("screen", {
        expr: expressions(),
        where: params.get("where"),
        sort: sorted(),
        symbol: pattern(params.get("symbol")),
        timeframe: params.get("timeframe"),
        limit: windowRows,
        offset: from,
      });
      if (mine !== params) return;
      // A row that shows the same is the same, so that nothing in it moves.
      const before = new Map((answer?.rows ?? []).map((r) => [`${r.symbol} ${r.timeframe}`, r]));
      a.rows = a.rows.map((r) => {
        const b = before.get(`${r.symbol} ${r.timeframe}`);
        return b && b.timestamp === r.timestamp && String(b.values) === String(r.values) ? b : r;
      });
      answer = a;
      offset = from;
      problems.replaceChildren();
      table.element.hidden = a.total === 0;
      none.replaceChildren(
        a.total
          ? ""
          : a.series
            ? empty("No series fulfils the condition", "")
            : empty("No series yet", "They appear with their first candle."),
      );
      note.textContent = `${count(a.total)} of ${plural(a.series, "series")}${a.pending ? `, ${count(a.pending)} being computed` : ""}`;
      table.set(a.total, at);
    } catch (e) {
      if (e instanceof Failure && e.status === 422)
        problems.replaceChildren(
          ...(e.problems.length
            ? e.problems.map((d) =>
                el(
                  "li",
                  {},
                  el("code", {}, shown(d.expression)),
                  ` ${d.line}:${d.col} ${shown(d.message)}`,
                  d.hint ? el("span", { class: "hint" }, ` — ${shown(d.hint)}`) : null,
                ),
              )
            : [el("li", {}, shown(e.message))]),
        );
      else if (e instanceof Failure && e.status !== 429 && e.status !== 503) none.replaceChildren(failed(e));
    } finally {
      busy = false;
      if (again || mine !== params) {
        again = false;
        ask();
      }
    }
  };
  const pattern = (text) => (text && !/[*?]/.test(text) ? `*${text}*` : text);
  table.element.addEventListener(
    "scroll",
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (answer && (table.first < offset || table.last > offset + answer.rows.length) && table.last <= table.length)
          ask();
      }, 60);
    },
    { passive: true },
  );

  const draw = () => {
    const all = expressions();
    inputs.replaceChildren(
      ...all.map((x, i) =>
        el(
          "div",
          { class: "column" },
          el(
            "label",
            {},
            `Column ${i + 1}`,
            el("input", {
              value: x,
              maxLength: 1000,
              spellcheck: false,
              autocomplete: "off",
              onchange: (e) => {
                const next = [...all];
                next[i] = e.target.value.trim();
                go({ expr: next.filter(Boolean) });
              },
            }),
          ),
          all.length > 1
            ? el(
                "button",
                {
                  type: "button",
                  "aria-label": `Remove column ${i + 1}`,
                  onclick: () => go({ expr: all.filter((_, k) => k !== i), sort: null }),
                },
                "×",
              )
            : null,
        ),
      ),
      all.length < columnsMost
        ? el(
            "div",
            { class: "column" },
            el(
              "label",
              {},
              "Another column",
              el("input", {
                placeholder: "rsi(close, 2)",
                maxLength: 1000,
                spellcheck: false,
                autocomplete: "off",
                onchange: (e) => {
                  if (e.target.value.trim()) go({ expr: [...all, e.target.value.trim()] });
                },
              }),
            ),
          )
        : "",
    );
  };
  const read = (p) => {
    const same = JSON.stringify(p.getAll("expr")) === JSON.stringify(params.getAll("expr")) && inputs.children.length;
    params = p;
    if (!same) draw();
    for (const [e, k] of [
      [where, "where"],
      [symbol, "symbol"],
      [frame, "timeframe"],
    ])
      if (document.activeElement !== e) e.value = p.get(k) ?? "";
    asFormula.hidden = !p.get("where");
    asFormula.href = "#/formulas?" + new URLSearchParams({ expr: p.get("where") ?? "" });
    answer = null;
    table.setColumns(heads());
    for (const row of table.rows.values()) row.item = undefined;
    table.element.scrollTop = 0;
    ask();
  };
  where.addEventListener("change", () => go({ where: where.value.trim() }));
  symbol.addEventListener("change", () => go({ symbol: symbol.value.trim() }));
  frame.addEventListener("change", () => go({ timeframe: frame.value.trim() }));

  main.replaceChildren(
    el("h1", { class: "skip" }, "Screener"),
    el(
      "form",
      { class: "controls", "aria-label": "What to screen", onsubmit: (e) => e.preventDefault() },
      inputs,
      el("label", { class: "where" }, "Only where", where),
      el("label", {}, "Symbol", symbol),
      el("label", {}, "Timeframe", frame),
      asFormula,
      note,
    ),
    problems,
    none,
    table.element,
  );
  read(params);
  const stop = every(1000, ask);
  return {
    update: read,
    close: () => {
      stop();
      clearTimeout(timer);
      table.close();
    },
  };
};
