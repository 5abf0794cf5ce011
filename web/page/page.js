"use strict";
const shownMost = { signals: 50, series: 200 };
const by = (id) => document.getElementById(id);
const code = (text) => { const c = document.createElement("code"); c.textContent = text; return c; };
const time = (text) => text.replace("T", " ").replace(/(:00)?Z$/, "");

// row fills the columns of a table's head.
const row = (table, cells) => {
  const tr = document.createElement("tr"), heads = by(table).closest("table").tHead.rows[0].cells;
  cells.forEach((cell, i) => {
    const td = tr.insertCell();
    td.append(cell);
    td.className = heads[i].className;
    td.dataset.label = heads[i].textContent;
  });
  return tr;
};

// Waits end early when a token is given.
const waiting = new Set();
const wait = (ms) => new Promise((done) => {
  waiting.add(done);
  if (ms) setTimeout(() => { waiting.delete(done); done(); }, ms);
});
const wake = () => { for (const done of waiting) done(); waiting.clear(); };

let token = sessionStorage.getItem("token") ?? "";

// ask sends the token along. Where one is wanted or refused, it shows the form and
// waits for another.
const ask = async (path, options = {}) => {
  for (;;) {
    const sent = token;
    const r = await fetch(path, { ...options, headers: sent ? { ...options.headers, Authorization: "Bearer " + sent } : options.headers });
    if (r.status !== 401) {
      by("token").hidden = true;
      by("content").hidden = false;
      return r;
    }
    if (sent !== token) continue; // given meanwhile
    sessionStorage.removeItem("token");
    by("refused").textContent = sent ? "This token is refused." : "";
    by("token").hidden = false;
    by("content").hidden = true;
    await wait();
    options.signal?.throwIfAborted();
  }
};
by("token").onsubmit = (e) => {
  e.preventDefault();
  token = e.target.token.value.trim();
  sessionStorage.setItem("token", token);
  by("refused").textContent = "";
  wake();
};
const get = async (path) => (await ask(path)).json();

const show = (tr) => {
  by("signals").prepend(tr);
  while (by("signals").rows.length > shownMost.signals) by("signals").lastChild.remove();
};
const signal = (s) => {
  const values = Object.entries(s.indicator_values).filter(([k]) => k.includes("(")).map(([k, v]) => `${k} = ${v}`).join(", ");
  show(row("signals", [time(s.timestamp), `${s.symbol} ${s.timeframe}`, s.formula, s.signal_type, String(s.candle.close), code(values)]));
};
// gap is told beside the table as well, whose rows soon are gone.
const gap = (lost) => {
  const tr = document.createElement("tr"), td = tr.insertCell();
  tr.className = "gap";
  td.colSpan = 6;
  td.append(lost === null ? "The daemon was started anew: signals may be missing here." : `${lost} signals are missing here.`);
  show(tr);
  by("missed").textContent = `${new Date().toLocaleTimeString()}: ` +
    (lost === null ? "the daemon was started anew, and signals from before may be missing." : `${lost} signals came while there was no connection and are not kept any more.`);
};

// events reads server-sent events until the connection ends. The daemon says
// something every 15 seconds: one that is silent for longer has gone.
const events = async (last, each) => {
  const abort = new AbortController();
  let silence;
  const heard = () => { clearTimeout(silence); silence = setTimeout(() => abort.abort(), 40000); };
  try {
    const r = await ask("/api/v1/signals/stream", { headers: { "Last-Event-ID": last }, signal: abort.signal });
    if (!r.ok) throw new Error((await r.json()).error);
    heard();
    const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = "", part; !(part = await reader.read()).done; ) {
      heard();
      text += part.value;
      for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
        each(Object.fromEntries(text.slice(0, end).split("\n").map((line) => line.split(/: (.*)/s))));
      }
    }
  } finally {
    clearTimeout(silence);
  }
};

// follow reads the stream behind the last signal seen, again and again. An
// EventSource could not send the token.
const follow = async (last) => {
  for (let pause = 500; ; pause = Math.min(2 * pause, 10000)) {
    let why = "the connection has ended";
    try {
      await events(last, (e) => {
        pause = 500;
        by("broken").textContent = "";
        last = e.id ?? last;
        if (e.event === "signal") signal(JSON.parse(e.data));
        if (e.event === "gap") gap(JSON.parse(e.data).lost);
      });
    } catch (e) {
      if (e.name !== "TypeError") why = e.message; // a TypeError is fetch's for no connection
    }
    by("broken").textContent = `not up to date: ${why}, trying again`;
    await wait(pause);
  }
};

// paint replaces what has changed, so that selected text stays selected.
const painted = {};
const changed = (id, value) => {
  const text = JSON.stringify(value);
  const differs = painted[id] !== text;
  painted[id] = text;
  return differs;
};
const choices = (select, options) => {
  const old = select.value;
  select.replaceChildren(...options.map((o) => new Option(o, o)));
  if (options.includes(old)) select.value = old;
};
const mode = (f) => [
  f.mode === "edge" ? "turning true" : "every true bar", f.for && `true for ${f.for} bars`,
  f.cooldown && `then silent for ${f.cooldown}`, f.intrabar && "forming candles too",
].filter(Boolean).join(", ");
const state = (s) => {
  const waits = s.formulas.filter((f) => f.waiting > 0).map((f) => `${f.name} waits for ${f.waiting} bars`);
  return [s.state, ...waits, s.problem].filter(Boolean).join("; ");
};
const refresh = async () => {
  const ready = await fetch("/readyz");
  by("state").textContent = (await ready.text()).trim();
  by("state").className = ready.ok ? "yes" : "no";
  const { formulas, faults } = await get("/api/v1/formulas");
  if (changed("formulas", formulas)) {
    by("formulas").replaceChildren(...formulas.map((f) => row("formulas", [f.name, mode(f), f.place, code(f.expression.trim())])));
    choices(by("explain").formula, formulas.map((f) => f.name));
  }
  by("faults").textContent = (faults ?? []).map((f) => f.error + (f.kept ? "\n  (the version before stays in force)" : "")).join("\n");
  const wanted = by("symbol").value.trim(), symbol = /^$|[*?]/.test(wanted) ? wanted : `*${wanted}*`;
  const { series, left_out } = await get("/api/v1/series?" + new URLSearchParams({ symbol, limit: shownMost.series }));
  if (!series || !changed("series", [series, left_out])) return; // the engines are busy
  by("series").replaceChildren(...series.map((s) =>
    row("series", [`${s.symbol} ${s.timeframe}`, String(s.bars), time(s.newest), String(s.close), state(s)])));
  by("more").textContent = left_out > 0 ? `and ${left_out} more` : "";
  choices(by("explain").series, series.map((s) => `${s.symbol} ${s.timeframe}`));
};

by("symbol").oninput = wake;

const tree = (n, depth) => {
  if (!n) return "";
  const pad = "  ".repeat(depth);
  const far = (n.comparisons ?? []).map((c) => `\n${pad}    ${c.text}: ${c.left} and ${c.right}, ${typeof c.distance === "number" ? +c.distance.toPrecision(6) : c.distance} from turning`).join("");
  return [`${pad}${n.expression} = ${n.value ?? "na"}${n.state ? " (" + n.state + ")" : ""}${far}`, ...(n.inputs ?? []).map((c) => tree(c, depth + 1))].join("\n");
};
by("explain").onsubmit = async (e) => {
  e.preventDefault();
  const { formula, series, at } = e.target, [, symbol, timeframe] = series.value.match(/^(.*) (.*)$/s);
  try {
    const x = await get("/api/v1/explain?" + new URLSearchParams({ formula: formula.value, symbol, timeframe, at: at.value }));
    by("why").textContent = x.error ?? `${x.symbol} ${x.timeframe} ${x.timestamp}: ${x.fired ? "fired" : "did not fire"}\n` +
      x.reasons.map((r) => "  " + r.text + "\n").join("") + "\n" + tree(x.tree, 0);
  } catch {
    by("why").textContent = "no answer";
  }
};

(async () => {
  for (let begun = false; ; await wait(2000)) {
    if (begun && document.hidden) continue;
    try {
      await refresh();
      if (!begun) {
        const { signals, last_id } = await get(`/api/v1/signals?limit=${shownMost.signals}`);
        signals.forEach(signal);
        begun = true;
        follow(last_id);
      }
    } catch {
      by("state").textContent = "no answer";
      by("state").className = "no";
    }
  }
})();
