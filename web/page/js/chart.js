// Chart: the candles of a series with what a formula sees in them, and why it fired on a bar or did not.
import { el, shown, empty, plural, time } from "./dom.js";
import { get, send, follow, failed } from "./api.js";
import { store } from "./store.js";
import { plot, legend } from "./plot.js";
import { explanation } from "./explanation.js";
import { seriesPicker } from "./picker.js";

const seconds = (t) => Math.floor(Date.parse(t) / 1000);
const longer = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"];
const minutes = (tf) => {
  const m = tf.match(/^(\d+)([smhdwM])$/);
  return m ? m[1] * { s: 1 / 60, m: 1, h: 60, d: 1440, w: 10080, M: 43200 }[m[2]] : 0;
};

export const open = (main, params) => {
  const picker = seriesPicker((s) => {
    if (s.timeframe) go({ symbol: s.symbol, timeframe: s.timeframe, at: null, as: null });
  });
  const formula = el("select", { onchange: () => go({ formula: formula.value, expr: null }) });
  const frame = el("select", {
    onchange: () => go({ as: frame.value === params.get("timeframe") ? null : frame.value, at: null }),
  });
  const canvas = el("div", { class: "canvas", "aria-hidden": "true" });
  const values = el("div", { class: "legend" });
  const box = el(
    "div",
    {
      class: "plot",
      tabIndex: 0,
      role: "group",
      "aria-label": "Chart. Left and right arrow move the bar, plus and minus zoom, Home and End go to the ends.",
    },
    canvas,
    values,
  );
  const side = el("section", {
    class: "card side",
    tabIndex: 0,
    "aria-label": "Explanation of the bar",
    "aria-live": "polite",
  });
  const note = el("span", { class: "quiet", role: "status" });
  let drawing = null,
    abort = null,
    key = "",
    base = [],
    hits = [],
    turn = 0,
    sent = new Set();

  main.replaceChildren(
    el("h1", { class: "skip" }, "Chart"),
    el(
      "div",
      { class: "chartview" },
      el(
        "form",
        { class: "controls", "aria-label": "What to draw", onsubmit: (e) => e.preventDefault() },
        picker.element,
        el("label", {}, "Timeframe", frame),
        el("label", {}, "Formula", formula),
        el("button", { type: "button", "aria-label": "Zoom in", onclick: () => drawing?.zoom(0.7) }, "+"),
        el("button", { type: "button", "aria-label": "Zoom out", onclick: () => drawing?.zoom(1.4) }, "−"),
        el("button", { type: "button", onclick: () => drawing?.fit() }, "All"),
        note,
      ),
      box,
      side,
      el(
        "p",
        { class: "credit" },
        "Charts: TradingView Lightweight Charts™, Copyright (c) 2026 TradingView, Inc., ",
        el("a", { href: "https://www.tradingview.com/", rel: "noreferrer" }, "tradingview.com"),
        ", Apache License 2.0.",
      ),
    ),
  );

  box.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || !drawing) return;
    const keys = {
      ArrowLeft: () => drawing.move(e.shiftKey ? -10 : -1),
      ArrowRight: () => drawing.move(e.shiftKey ? 10 : 1),
      "+": () => drawing.zoom(0.7),
      "=": () => drawing.zoom(0.7),
      "-": () => drawing.zoom(1.4),
      Home: () => drawing.pick(0),
      End: () => drawing.pick(drawing.bars.length - 1),
      0: () => drawing.fit(),
    };
    if (keys[e.key]) {
      e.preventDefault();
      keys[e.key]();
    }
  });

  // go changes the address; what is null leaves it.
  const go = (changes, replace = false) => {
    const q = new URLSearchParams(params);
    for (const [k, v] of Object.entries(changes))
      if (v) q.set(k, v);
      else q.delete(k);
    if (replace) {
      history.replaceState(null, "", "#/chart?" + q);
      params = q;
    } else location.hash = "#/chart?" + q;
  };
  const fill = () => {
    const names = store.formulas.map((f) => f.name),
      chosen = params.get("formula") ?? "";
    if (chosen && !names.includes(chosen)) names.push(chosen);
    formula.replaceChildren(
      new Option(params.get("expr") ? "the draft" : "none", ""),
      ...names.map((n) => new Option(shown(n), n)),
    );
    formula.value = chosen;
    const own = params.get("timeframe") ?? "";
    const frames = [
      own,
      ...longer.filter((f) => minutes(f) > minutes(own) && minutes(f) % (minutes(own) || 1) === 0),
    ].filter(Boolean);
    frame.replaceChildren(...frames.map((f) => new Option(f, f)));
    frame.value = params.get("as") ?? own;
  };

  // what the formula sees: its indicator calls, and where it fires on the candles kept.
  const seen = async (p, symbol, timeframe) => {
    const f = store.formulas.find((f) => f.name === p.get("formula"));
    const draft = p.get("expr");
    if (!f && !draft) return { shows: [], hits: [], type: "" };
    const settings = f
      ? Object.fromEntries(
          ["expression", "signal_type", "mode", "for", "cooldown", "min_bars", "params"]
            .filter((k) => f[k] !== undefined)
            .map((k) => [k, f[k]]),
        )
      : { expression: draft };
    const path = "preview?" + new URLSearchParams({ symbol: escape(symbol), timeframe, limit: 1000 });
    const a = await send("POST", path, settings).catch(() => ({ hits: [], shows: f?.shows ?? [] }));
    return {
      shows: a.shows ?? f?.shows ?? [],
      hits: a.hits.filter((h) => h.symbol === symbol),
      type: f?.signal_type ?? "",
    };
  };
  const escape = (symbol) => symbol.replace(/\*/g, "?"); // a symbol with a star is found by a pattern, too
  const align = (t) => {
    // of a bar's time, the bar that is drawn
    const bars = drawing.bars;
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
  };
  const markers = () => {
    const own = store.signals.filter(
      (s) =>
        s.symbol === params.get("symbol") &&
        s.timeframe === params.get("timeframe") &&
        (!params.get("formula") || s.formula === params.get("formula")) &&
        !params.get("expr"),
    );
    sent = new Set(own.map((s) => s.timestamp));
    const all = [
      ...own.map((s) => ({ t: align(s.time / 1000), type: s.signal_type, sent: true })),
      ...hits
        .filter((h) => !sent.has(h.timestamp))
        .map((h) => ({ t: align(seconds(h.timestamp)), type: h.type, sent: false })),
    ];
    const at = new Map();
    for (const m of all) if (m.t !== null && !at.get(`${m.t}${m.type}`)?.sent) at.set(`${m.t}${m.type}`, m);
    drawing.setMarkers([...at.values()]);
  };

  const explain = async () => {
    const mine = ++turn,
      p = params;
    const name = p.get("formula"),
      draft = p.get("expr");
    if (!name && !draft) {
      side.replaceChildren(
        empty(
          "Choose a formula",
          "Then its indicators are drawn, and a click on a bar says why it fired there or did not.",
        ),
      );
      return;
    }
    let at = p.get("at") ?? "";
    if (at && p.get("as")) at = lastWithin(at, p.get("as")) ?? at;
    try {
      const x = await get("explain", {
        ...(name ? { formula: name } : { expr: draft }),
        symbol: p.get("symbol"),
        timeframe: p.get("timeframe"),
        at,
      });
      if (mine !== turn) return;
      const keep = side.scrollTop;
      side.replaceChildren(
        explanation(
          x,
          sent.has(x.timestamp) &&
            !!name &&
            store.signals.some((s) => s.formula === name && s.symbol === x.symbol && s.timestamp === x.timestamp),
        ),
      );
      side.scrollTop = keep;
    } catch (e) {
      if (mine !== turn) return;
      const signal = store.signals.find(
        (s) => s.formula === name && s.symbol === p.get("symbol") && s.timestamp === at,
      );
      side.replaceChildren(
        failed(e),
        signal
          ? el(
              "div",
              {},
              el("h2", {}, `The signal of ${time(signal.timestamp)}`),
              el(
                "ul",
                { class: "tree" },
                store.decided(signal).map(([k, v]) => el("li", {}, el("code", {}, `${shown(k)} = ${v}`))),
              ),
            )
          : "",
      );
    }
  };
  const lastWithin = (at, as) => {
    // the newest candle of a bar that was put together
    const from = seconds(at),
      to = from + minutes(as) * 60;
    return base.findLast((c) => {
      const t = seconds(c.timestamp);
      return t >= from && t < to;
    })?.timestamp;
  };

  const load = async () => {
    const p = params,
      symbol = p.get("symbol"),
      timeframe = p.get("timeframe"),
      as = p.get("as") ?? "";
    abort?.abort();
    const own = (abort = new AbortController());
    note.textContent = "loading";
    try {
      drawing ??= await plot(canvas, {
        onpick: (bar) => {
          go({ at: bar.timestamp }, true);
          explain();
        },
        onhover: (c, v) =>
          legend(values, shown(`${params.get("symbol")} ${params.get("as") ?? params.get("timeframe")}`))(c, v),
      });
      const [{ candles }, shownCandles, what] = await Promise.all([
        get("candles", { symbol, timeframe, limit: 5000 }),
        as ? get("candles", { symbol, timeframe, as, limit: 5000 }) : null,
        seen(p, symbol, timeframe),
      ]);
      const evaluate = (limit) =>
        what.shows.length
          ? get("eval", { expr: what.shows.slice(0, 8), symbol, timeframe, as, limit })
          : { timestamps: [], columns: [] };
      const { columns } = await evaluate(5000);
      if (own.signal.aborted) return;
      base = candles;
      hits = what.hits.map((h) => ({ ...h, type: what.type }));
      drawing.set((shownCandles ?? { candles }).candles, columns);
      markers();
      note.textContent = plural(candles.length, "candle") + " kept";
      const at = p.get("at");
      if (at && !drawing.pickTime(align(seconds(at)))) note.textContent = "that bar is not kept any more";
      explain();
      await follow(
        "/api/v1/candles/stream?" + new URLSearchParams({ symbol, timeframe, since: base.at(-1)?.timestamp ?? "" }),
        "",
        own.signal,
        async (event, data) => {
          base.push(...data.candles);
          const newest = as ? (await get("candles", { symbol, timeframe, as, limit: 3 })).candles : data.candles;
          drawing.add(newest, await evaluate(Math.min(500, newest.length + 8)));
          markers();
          if (!params.get("at")) explain();
        },
      );
    } catch (e) {
      if (own.signal.aborted) return;
      note.textContent = "";
      side.replaceChildren(failed(e));
    }
  };

  const read = async (p) => {
    if (!p.get("symbol") || !p.get("timeframe")) {
      const { series } = await get("series", { symbol: p.get("symbol") ?? "", limit: 1 }).catch(() => ({ series: [] }));
      if (!series.length) {
        side.replaceChildren(empty("No candles yet", "Series appear with their first candle."));
        return;
      }
      const q = new URLSearchParams(p);
      q.set("symbol", series[0].symbol);
      q.set("timeframe", series[0].timeframe);
      if (!q.get("formula") && store.formulas.length) q.set("formula", store.formulas[0].name);
      history.replaceState(null, "", "#/chart?" + q);
      p = q;
    }
    const next = ["symbol", "timeframe", "as", "formula", "expr"].map((k) => p.get(k)).join("\0"),
      before = params.get("at");
    params = p;
    fill();
    picker.set(p.get("symbol"), p.get("timeframe"));
    if (next !== key) {
      key = next;
      load();
    } else if (p.get("at") !== before) {
      drawing?.pickTime(align(seconds(p.get("at"))));
      explain();
    }
  };
  const ready = () => {
    fill();
    if (!started && store.formulasLoaded) {
      started = true;
      read(params);
    }
  };
  let started = false;
  ready();
  const offs = [
    store.onformulas(ready),
    store.onsignals(() => {
      if (drawing?.bars.length) markers();
    }),
  ];
  const rezone = () => drawing?.look();
  addEventListener("zone", rezone);
  const rest = () => {
    if (document.hidden) abort?.abort();
    else if (key) load();
  };
  document.addEventListener("visibilitychange", rest);
  return {
    update: read,
    close: () => {
      abort?.abort();
      offs.forEach((f) => f());
      removeEventListener("zone", rezone);
      document.removeEventListener("visibilitychange", rest);
      drawing?.close();
    },
  };
};
