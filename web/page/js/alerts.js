// Sound and desktop notifications, by choice for each formula.
import { el, name, shown, number, types, chartOf } from "./dom.js";
import { store } from "./store.js";

const choices = (() => {
  try {
    return JSON.parse(localStorage.getItem("alerts")) ?? {};
  } catch {
    return {};
  }
})();
const soundEvery = 1000; // ms between two sounds
let context,
  sounded = 0;

const beep = (type) => {
  const now = Date.now();
  if (now - sounded < soundEvery) return;
  sounded = now;
  context ??= new AudioContext();
  const tone = context.createOscillator(),
    gain = context.createGain(),
    t = context.currentTime;
  tone.frequency.value = type === "EXIT" ? 440 : 660;
  gain.gain.setValueAtTime(0.15, t);
  gain.gain.exponentialRampToValueAtTime(0.001, t + 0.35);
  tone.connect(gain).connect(context.destination);
  tone.start(t);
  tone.stop(t + 0.35);
};

// notify shows one notification at a time for each formula.
const notify = (s) => {
  const title = `${types[s.signal_type]?.[1] ?? ""} ${shown(s.symbol)}`;
  const n = new Notification(title, { body: `${shown(s.formula)} at ${number(s.candle?.close)}`, tag: s.formula });
  n.onclick = () => {
    focus();
    location.hash = chartOf({ symbol: s.symbol, timeframe: s.timeframe, formula: s.formula, at: s.timestamp });
  };
};

store.onlive((s) => {
  const c = choices[s.formula];
  if (c?.sound) beep(s.signal_type);
  if (c?.notify && globalThis.Notification?.permission === "granted") notify(s);
});

// choose keeps a choice, and asks the browser where it must allow it. refused is told whether it does not.
const choose = async (formula, what, on, refused) => {
  choices[formula] = { ...choices[formula], [what]: on };
  localStorage.setItem("alerts", JSON.stringify(choices));
  if (what === "sound" && on) beep();
  if (what === "notify" && on) refused((await globalThis.Notification?.requestPermission()) !== "granted");
};

// alertChoices is the table in which they are chosen.
export const alertChoices = () => {
  const denied = el("p", { class: "warn", hidden: true }, "The browser does not allow notifications of this page.");
  const refused = (is) => (denied.hidden = !is);
  const box = (formula, what, label) =>
    el("input", {
      type: "checkbox",
      checked: !!choices[formula]?.[what],
      onchange: (e) => choose(formula, what, e.target.checked, refused),
      "aria-label": `${label} for ${shown(formula)}`,
    });
  const heads = ["Formula", "Sound", "Notification"].map((t) => el("th", { scope: "col" }, t));
  const row = (f) =>
    el(
      "tr",
      {},
      el("td", {}, name(f.name)),
      el("td", {}, box(f.name, "sound", "Sound")),
      el("td", {}, box(f.name, "notify", "Notification")),
    );
  const table = () => el("table", {}, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, store.formulas.map(row)));
  return el(
    "section",
    { class: "card alerts", "aria-label": "Alerts" },
    el("h2", {}, "Alerts of this browser"),
    store.formulas.length ? table() : el("p", { class: "quiet" }, "No formulas are in force."),
    denied,
  );
};
