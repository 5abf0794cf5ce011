// Choosing a series by a part of its symbol.
import { el, debounce, shown } from "./dom.js";
import { get } from "./api.js";

let made = 0;
export const seriesPicker = (onchoose = () => {}) => {
  const id = `series-${++made}`;
  const list = el("datalist", { id });
  const input = el("input", {
    list: id,
    maxLength: 80,
    size: 16,
    placeholder: "a part of a symbol",
    autocomplete: "off",
    spellcheck: false,
  });
  let found = [],
    offered = "";
  const search = async () => {
    const text = input.value.split(" ")[0].trim();
    const { series } = await get("series", { symbol: text && !/[*?]/.test(text) ? `*${text}*` : text, limit: 50 });
    found = series;
    const names = series.map((s) => `${s.symbol} ${s.timeframe}`);
    if (names.join("\0") === offered) return;
    offered = names.join("\0");
    list.replaceChildren(...names.map((n) => el("option", { value: n }, shown(n))));
  };
  const value = () => {
    const m = input.value.match(/^(.*) (\d+(?:s|m|h|d|w|mo|M))$/s);
    if (m) return { symbol: m[1], timeframe: m[2] };
    const symbol = input.value.trim();
    const one =
      found.find((s) => s.symbol === symbol) ??
      found.find((s) => s.symbol.toLowerCase() === symbol.toLowerCase()) ??
      (found.length === 1 ? found[0] : null);
    return one ? { symbol: one.symbol, timeframe: one.timeframe } : { symbol, timeframe: "" };
  };
  const soon = debounce(150, () => search().catch(() => {}));
  input.addEventListener("input", soon);
  input.addEventListener("focus", soon);
  input.addEventListener("change", async () => {
    await search().catch(() => {});
    onchoose(value());
  });
  return {
    element: el("label", {}, "Series", input, list),
    value,
    search,
    set: (symbol, timeframe) => {
      if (symbol && document.activeElement !== input) input.value = timeframe ? `${symbol} ${timeframe}` : symbol;
    },
  };
};
