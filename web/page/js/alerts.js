// Sound and desktop notifications, by choice for each formula.
import { el, name, shown, number, types } from "./dom.js";
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

store.onlive((s) => {
  const c = choices[s.formula];
  if (c?.sound) beep(s.signal_type);
  if (c?.notify && globalThis.Notification?.permission === "granted") {
    const n = new Notification(`${types[s.signal_type]?.[1] ?? ""} ${shown(s.symbol)}`, {
      body: `${shown(s.formula)} at ${number(s.candle.close)}`,
      tag: s.formula, // one at a time for each formula
    });
    n.onclick = () => {
      focus();
      location.hash = `#/chart?${new URLSearchParams({ symbol: s.symbol, timeframe: s.timeframe, formula: s.formula, at: s.timestamp })}`;
    };
  }
});

// alertChoices is the table in which they are chosen.
export const alertChoices = () => {
  const denied = el("p", { class: "warn", hidden: true }, "The browser does not allow notifications of this page.");
  const choose = (formula, what) => async (e) => {
    choices[formula] = { ...choices[formula], [what]: e.target.checked };
    localStorage.setItem("alerts", JSON.stringify(choices));
    if (what === "notify" && e.target.checked)
      denied.hidden = (await globalThis.Notification?.requestPermission()) === "granted";
    if (what === "sound" && e.target.checked) beep();
  };
  const box = (formula, what, label) =>
    el("input", {
      type: "checkbox",
      checked: !!choices[formula]?.[what],
      onchange: choose(formula, what),
      "aria-label": `${label} for ${shown(formula)}`,
    });
  return el(
    "section",
    { class: "card alerts", "aria-label": "Alerts" },
    el("h2", {}, "Alerts of this browser"),
    store.formulas.length
      ? el(
          "table",
          {},
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              ["Formula", "Sound", "Notification"].map((t) => el("th", { scope: "col" }, t)),
            ),
          ),
          el(
            "tbody",
            {},
            store.formulas.map((f) =>
              el(
                "tr",
                {},
                el("td", {}, name(f.name)),
                el("td", {}, box(f.name, "sound", "Sound")),
                el("td", {}, box(f.name, "notify", "Notification")),
              ),
            ),
          ),
        )
      : el("p", { class: "quiet" }, "No formulas are in force."),
    denied,
  );
};
