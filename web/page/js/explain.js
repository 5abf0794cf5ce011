// Explain: any formula on any candle.
import { el, empty, shown } from "./dom.js";
import { get, failed } from "./api.js";
import { store } from "./store.js";
import { explanation } from "./explanation.js";
import { seriesPicker } from "./picker.js";

export const open = (main, params) => {
  const formula = el("select", { required: true });
  const picker = seriesPicker();
  const at = el("input", { placeholder: "newest, 13:01, 2018-04-09 13:01", size: 32, maxLength: 40 });
  const out = el("div", { "aria-live": "polite" });
  const fill = () => {
    const was = formula.value || params.get("formula") || "";
    const names = store.formulas.map((f) => f.name);
    if (was && !names.includes(was)) names.push(was);
    formula.replaceChildren(...names.map((n) => new Option(shown(n), n)));
    if (was) formula.value = was;
  };
  let turn = 0;
  const ask = async (p) => {
    const mine = ++turn;
    if (!p.get("formula") || !p.get("symbol") || !p.get("timeframe")) {
      out.replaceChildren(empty("Why did it fire, or not?", "Choose a formula, a series and a candle."));
      return;
    }
    try {
      const x = await get("explain", {
        formula: p.get("formula"),
        symbol: p.get("symbol"),
        timeframe: p.get("timeframe"),
        at: clock(p.get("at") ?? ""),
      });
      if (mine !== turn) return;
      const q = new URLSearchParams({ symbol: x.symbol, timeframe: x.timeframe, formula: x.formula, at: x.timestamp });
      out.replaceChildren(
        el(
          "div",
          { class: "card" },
          explanation(x),
          el("p", {}, el("a", { href: "#/chart?" + q }, "Show on the chart")),
        ),
      );
    } catch (e) {
      if (mine === turn) out.replaceChildren(failed(e));
    }
  };
  main.replaceChildren(
    el(
      "div",
      { class: "explain" },
      el("h1", { class: "skip" }, "Explain"),
      el(
        "form",
        {
          class: "controls",
          "aria-label": "What to explain",
          onsubmit: (e) => {
            e.preventDefault();
            const s = picker.value();
            const q = new URLSearchParams({ formula: formula.value, symbol: s.symbol, timeframe: s.timeframe });
            if (at.value.trim()) q.set("at", at.value.trim());
            if (location.hash === `#/explain?${q}`) ask(q);
            location.hash = `#/explain?${q}`;
          },
        },
        el("label", {}, "Formula", formula),
        picker.element,
        el("label", {}, "Candle (UTC)", at),
        el("button", { class: "main" }, "Explain"),
      ),
      out,
    ),
  );
  const read = (p) => {
    params = p;
    fill();
    if (p.get("formula")) formula.value = p.get("formula");
    picker.set(p.get("symbol"), p.get("timeframe"));
    at.value = p.get("at") ?? "";
    ask(p);
  };
  read(params);
  const off = store.onformulas(fill);
  return { update: read, close: off };
};

// clock reads times as people type them: 13:01, 2018-04-09 13:01, 2018-04-09T13:01Z.
export const clock = (text) => {
  const m = text.trim().match(/^(\d{4}-\d\d-\d\d)[ T](\d?\d:\d\d)(:\d\d)?Z?$/);
  return m ? `${m[1]}T${m[2].padStart(5, "0")}${m[3] ?? ":00"}Z` : text.trim().replace(/^(\d:\d\d)/, "0$1");
};
