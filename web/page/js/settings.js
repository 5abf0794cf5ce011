// A formula's settings as a form, and as YAML.
import { el } from "./dom.js";

const lists = ["symbols", "timeframes"];
const numbers = ["for", "cooldown", "min_bars", "expires"];
const maps = ["params", "metadata"];
const flags = ["intrabar", "resolve", "once"];
export const names = ["expression", "signal_type", "mode", ...numbers, ...flags, "rearm", ...lists, ...maps];

const pairs = (text) =>
  Object.fromEntries(
    text
      .split(",")
      .map((p) => p.split("=").map((t) => t.trim()))
      .filter((p) => p[0] && p.length > 1)
      .map(([k, ...v]) => [k, v.join("=")]),
  );

const makeFields = () => ({
  signal_type: el(
    "select",
    {},
    ["SCAN_HIT", "ENTRY", "EXIT"].map((v) => new Option(v, v)),
  ),
  mode: el(
    "select",
    {},
    [
      ["every", "every true bar"],
      ["edge", "turning true"],
    ].map(([v, t]) => new Option(t, v)),
  ),
  ...Object.fromEntries(
    numbers.map((n) => [n, el("input", { type: "number", min: 0, max: 1000000, placeholder: "0" })]),
  ),
  ...Object.fromEntries(lists.map((n) => [n, el("input", { placeholder: "all", maxLength: 400 })])),
  rearm: el("input", { placeholder: "no condition", maxLength: 400 }),
  params: el("input", { placeholder: "fast=12, slow=26" }),
  metadata: el("input", { placeholder: "desk=eq" }),
  ...Object.fromEntries(flags.map((n) => [n, el("input", { type: "checkbox" })])),
});
const titles = {
  signal_type: "Type",
  mode: "Fires on",
  for: "True for, bars",
  cooldown: "Cooldown, bars",
  min_bars: "Least bars",
  expires: "Expires, bars",
  symbols: "Symbols",
  timeframes: "Timeframes",
  rearm: "Rearm when",
  params: "Params",
  metadata: "Metadata",
  intrabar: "Forming candles",
  resolve: "Resolve",
  once: "Once a series",
};
const shownFirst = ["signal_type", "mode", "for", "cooldown", "symbols", "timeframes"];
const shownMore = ["min_bars", "expires", "rearm", "params", "metadata", ...flags];
const wide = ["symbols", "params", "metadata", "rearm"];
const listOf = (text) =>
  text
    .split(",")
    .map((t) => t.trim())
    .filter(Boolean);

// settingsForm is the form of a formula's settings. onchange is called with each change.
export const settingsForm = (onchange) => {
  const fields = makeFields();
  for (const f of Object.values(fields)) f.addEventListener("input", onchange);
  const label = (n) =>
    el(
      "label",
      { class: flags.includes(n) ? "inline" : wide.includes(n) ? "wide" : "" },
      flags.includes(n) ? [fields[n], titles[n]] : [titles[n], fields[n]],
    );
  const element = el(
    "div",
    {},
    el("div", { class: "settings" }, shownFirst.map(label)),
    el("details", {}, el("summary", {}, "More settings"), el("div", { class: "settings" }, shownMore.map(label))),
  );
  return {
    element,
    set: (f) => {
      fields.signal_type.value = f.signal_type ?? "SCAN_HIT";
      fields.mode.value = f.mode ?? "every";
      for (const n of numbers) fields[n].value = f[n] || "";
      for (const n of lists) fields[n].value = (f[n] ?? []).join(", ");
      for (const n of maps)
        fields[n].value = Object.entries(f[n] ?? {})
          .map(([k, v]) => `${k}=${v}`)
          .join(", ");
      for (const n of flags) fields[n].checked = !!f[n];
      fields.rearm.value = f.rearm ?? "";
    },
    // value leaves out what is not set, as a person who writes the file does.
    value: () => {
      const s = { signal_type: fields.signal_type.value, mode: fields.mode.value };
      for (const n of numbers) if (fields[n].value) s[n] = Number(fields[n].value);
      for (const n of lists) {
        const l = listOf(fields[n].value);
        if (l.length) s[n] = l;
      }
      for (const n of flags) if (fields[n].checked) s[n] = true;
      if (fields.rearm.value.trim()) s.rearm = fields.rearm.value.trim();
      const params = pairs(fields.params.value),
        metadata = pairs(fields.metadata.value);
      if (Object.keys(params).length)
        s.params = Object.fromEntries(Object.entries(params).map(([k, v]) => [k, Number(v)]));
      if (Object.keys(metadata).length) s.metadata = metadata;
      return s;
    },
  };
};

// yaml writes settings as an entry of the configuration's list. JSON's texts are YAML's, too.
export const yaml = (name, s) => {
  const line = (k, v) => `    ${k}: ${JSON.stringify(v)}`;
  const expression = s.expression.includes("\n")
    ? `    expression: |\n${s.expression
        .trimEnd()
        .split("\n")
        .map((l) => "      " + l)
        .join("\n")}`
    : line("expression", s.expression);
  return (
    [
      "formulas:",
      `  - name: ${JSON.stringify(name)}`,
      expression,
      ...Object.entries(s)
        .filter(([k]) => k !== "expression")
        .map(([k, v]) => line(k, v)),
    ].join("\n") + "\n"
  );
};
