// The frame: which view is shown, whether the daemon is well, theme and zone.
import { zone } from "./dom.js";
import { ask, every, reach, failed } from "./api.js";
import { store } from "./store.js";
import "./alerts.js";

const by = (id) => document.getElementById(id);
const views = {
  signals: () => import("./signals.js"),
  chart: () => import("./chart.js"),
  formulas: () => import("./formulas.js"),
  screener: () => import("./screener.js"),
  explain: () => import("./explain.js"),
  health: () => import("./health.js"),
};
const titles = {
  signals: "Signals",
  chart: "Chart",
  formulas: "Formulas",
  screener: "Screener",
  explain: "Explain",
  health: "Health",
};

// The address holds all of a view's state: #/chart?symbol=AAPL&timeframe=1m.
export const address = () => {
  const [path, search = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { view: views[path] ? path : "signals", params: new URLSearchParams(search) };
};

let shown = null; // {name, view}
let turn = 0;
const route = async () => {
  const mine = ++turn;
  const { view: name, params } = address();
  for (const a of document.querySelectorAll("nav a")) {
    if (a.getAttribute("href") === "#/" + name) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
  if (shown?.name === name) {
    shown.view.update(params);
    return;
  }
  shown?.view.close?.();
  shown = null;
  by("main").replaceChildren();
  by("main").className = "view-" + name;
  try {
    const module = await views[name]();
    if (mine !== turn) return;
    shown = { name, view: module.open(by("main"), params) };
  } catch (e) {
    by("main").replaceChildren(failed(e));
  }
  title();
};
addEventListener("hashchange", route);

// The title counts what has come while nobody looked.
const title = () => {
  document.title = `${store.unread ? `(${store.unread}) ` : ""}${titles[address().view]} · streamd`;
};
store.onunread(title);
addEventListener("hashchange", title);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) store.read();
});

// The state of the daemon, beside the views.
const state = (text, className) => {
  by("state").textContent = text;
  by("state").title = text;
  by("state").className = "state " + className;
};
let readiness = ["connecting", ""];
const showState = () => {
  if (reach.token) state("a token is needed", "bad");
  else if (reach.lost) state("not connected", "bad");
  else state(...readiness);
};
reach.onchange(showState);
every(3000, async () => {
  const r = await ask("/readyz");
  readiness = [(await r.text()).trim(), r.ok ? "good" : "bad"];
  showState();
});

// Theme and zone.
const themes = ["system", "light", "dark"];
const theme = (name) => {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  localStorage.setItem("theme", name);
  by("theme").textContent = "Theme: " + name;
  dispatchEvent(new Event("theme"));
};
const chosen = () => (themes.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "system");
by("theme").onclick = () => theme(themes[(themes.indexOf(chosen()) + 1) % themes.length]);
by("theme").textContent = "Theme: " + chosen();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("theme")));

const showZone = () => {
  by("zone").textContent = zone.local ? "Local time" : "UTC";
  by("zone").setAttribute("aria-label", `Times are in ${zone.local ? "local time" : "UTC"}: change`);
};
by("zone").onclick = () => {
  zone.local = !zone.local;
  localStorage.setItem("zone", zone.local ? "local" : "utc");
  showZone();
  dispatchEvent(new Event("zone"));
};
showZone();
by("skip").onclick = () => by("main").focus();

store.start();
route();
