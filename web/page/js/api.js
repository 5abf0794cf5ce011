// The daemon: requests with the token, streams that come back, and whether it can be reached.
import { el } from "./dom.js";

const by = (id) => document.getElementById(id);
let token = sessionStorage.getItem("token") ?? "";
const waiting = new Set(); // for a token

// reach is what the page knows of the daemon: "" while it answers, else why it does not.
const listeners = new Set();
export const reach = { lost: "", token: false, onchange: (f) => listeners.add(f) };
const setReach = (lost, needsToken) => {
  if (reach.lost === lost && reach.token === needsToken) return;
  reach.lost = lost;
  reach.token = needsToken;
  document.body.classList.toggle("lost", lost !== "");
  by("lost").hidden = lost === "";
  by("lost").textContent = lost && `Not up to date: ${lost}. Trying again.`;
  by("token").hidden = !needsToken;
  by("main").hidden = needsToken;
  for (const f of listeners) f();
};

export class Failure extends Error {
  constructor(status, body) {
    super(body?.error ?? `the daemon answered ${status}`);
    this.status = status;
    this.problems = body?.problems ?? [];
  }
}

// ask sends the token along. Where one is wanted or refused, it shows the form and waits for another.
export const ask = async (path, options = {}) => {
  for (;;) {
    const sent = token;
    let r;
    try {
      r = await fetch(path, {
        ...options,
        headers: sent ? { ...options.headers, Authorization: "Bearer " + sent } : options.headers,
      });
    } catch (e) {
      if (e.name !== "AbortError") setReach("no connection to the daemon", reach.token);
      throw e;
    }
    if (r.status !== 401) {
      setReach("", false);
      return r;
    }
    if (sent !== token) continue; // given meanwhile
    sessionStorage.removeItem("token");
    by("refused").textContent = sent ? "This token is refused." : "";
    setReach("", true);
    await new Promise((done) => waiting.add(done));
    options.signal?.throwIfAborted();
  }
};

by("token").onsubmit = (e) => {
  e.preventDefault();
  token = e.target.token.value.trim();
  sessionStorage.setItem("token", token);
  by("refused").textContent = "";
  for (const done of waiting) done();
  waiting.clear();
};

// query makes a path of parameters; lists are repeated, empty ones left out.
export const query = (path, params = {}) => {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(params))
    for (const one of [v].flat()) if (one !== undefined && one !== null && one !== "") q.append(k, one);
  return q.size ? `${path}?${q}` : path;
};
const decoded = async (r) => {
  const body = await r.json().catch(() => null);
  if (!r.ok) throw new Failure(r.status, body);
  return body;
};
export const get = async (path, params, options) => decoded(await ask(query("/api/v1/" + path, params), options));
export const send = async (method, path, body, options) =>
  decoded(
    await ask("/api/v1/" + path, {
      method,
      body: typeof body === "string" || body === undefined ? body : JSON.stringify(body),
      ...options,
    }),
  );

addEventListener("pageshow", (e) => {
  if (e.persisted) location.reload();
});

// events reads server-sent events until the connection ends. The daemon says something every 15 seconds: one that is
// silent for longer has gone.
const events = async (path, last, signal, each) => {
  const abort = new AbortController();
  const stop = () => abort.abort();
  signal.addEventListener("abort", stop);
  addEventListener("pagehide", stop); // a page that the browser keeps for Back would hold the connection
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(stop, 40000);
  };
  try {
    const r = await ask(path, { headers: last ? { "Last-Event-ID": last } : {}, signal: abort.signal });
    if (!r.ok) throw new Failure(r.status, await r.json().catch(() => null));
    heard();
    const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = "", part; !(part = await reader.read()).done;) {
      heard();
      text += part.value;
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) each(Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s))));
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", stop);
    removeEventListener("pagehide", stop);
  }
};

// follow reads a stream behind the last event seen, again and again, until the signal aborts. An EventSource could not
// send the token.
export const follow = async (path, last, signal, each) => {
  for (let pause = 500; !signal.aborted; pause = Math.min(2 * pause, 10000)) {
    let why = "the stream has ended";
    try {
      await events(path, last, signal, (e) => {
        pause = 500;
        last = e.id ?? last;
        if (e.event) each(e.event, JSON.parse(e.data), last);
      });
    } catch (e) {
      if (e.status === 404) return; // nothing to follow
      why = e.name === "TypeError" ? "no connection to the daemon" : e.message;
    }
    if (signal.aborted) return;
    setReach(why, reach.token);
    await new Promise((done) => setTimeout(done, pause));
  }
};

// failed shows why something could not be had, in place of it.
export const failed = (e) =>
  el(
    "p",
    { class: "empty", role: "alert" },
    el("strong", {}, e.status === 403 ? "Forbidden" : e.status === 404 ? "Not found" : "Not available"),
    e.message,
  );

// every calls f now and again and again while the page is looked at, never twice at a time.
export const every = (ms, f) => {
  let stopped = false,
    timer;
  const run = async () => {
    if (!document.hidden) await Promise.resolve(f()).catch(() => {});
    if (!stopped) timer = setTimeout(run, ms);
  };
  run();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
};
