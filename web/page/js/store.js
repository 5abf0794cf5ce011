// What every view needs: the signals as they come, and the formulas in force.
import { get, follow } from "./api.js";

const keptMost = 5000; // signals
const flushEvery = 250; // ms: however many come, the list changes four times a second

// Newest first by the candle's time, then as the daemon orders them.
const compare = (a, b) =>
  a.time !== b.time
    ? b.time - a.time
    : a.symbol < b.symbol
      ? -1
      : a.symbol > b.symbol
        ? 1
        : a.formula < b.formula
          ? -1
          : a.formula > b.formula
            ? 1
            : 0;

// alone lets one of the tabs with this page read the stream and tell the others: a browser has six connections to a
// host, and each stream takes one. When that tab is closed, another goes on where it was.
const alone = async (handle, read) => {
  if (!navigator.locks || !globalThis.BroadcastChannel) return read(handle); // not on the loopback, and without TLS
  const channel = new BroadcastChannel("signals");
  channel.onmessage = (e) => handle(...e.data);
  try {
    await navigator.locks.request("signals", () =>
      read((...event) => {
        handle(...event);
        channel.postMessage(event);
      }),
    );
  } finally {
    channel.close();
  }
};

class Store {
  signals = [];
  known = new Set(); // their ids
  pending = [];
  unread = 0;
  lost = ""; // why signals are missing
  formulas = [];
  faults = [];
  #changed = new Set();
  #live = new Set();
  #unread = new Set();
  #formulas = new Set();

  // on… register what is called, and return what takes it back.
  onsignals(f) {
    this.#changed.add(f);
    return () => this.#changed.delete(f);
  }
  onlive(f) {
    this.#live.add(f);
    return () => this.#live.delete(f);
  }
  onunread(f) {
    this.#unread.add(f);
    return () => this.#unread.delete(f);
  }
  onformulas(f) {
    this.#formulas.add(f);
    return () => this.#formulas.delete(f);
  }

  async start() {
    this.loadFormulas();
    setInterval(() => this.#flush(), flushEvery);
    for (let last = ""; ;) {
      try {
        const { signals, last_id } = await get("signals", { limit: 1000 });
        for (const s of signals) this.#take(s);
        this.loaded = true;
        this.#flush();
        for (const f of this.#changed) f();
        last = last_id;
        const handle = (event, data, id) => {
          last = id;
          if (event === "signal") this.#take(data, true);
          if (event === "gap") this.#gap(data.lost);
        };
        await alone(handle, (tell) => follow("/api/v1/signals/stream", last, new AbortController().signal, tell));
      } catch {
        await new Promise((done) => setTimeout(done, 2000));
      }
    }
  }

  #take(s, live = false) {
    if (this.known.has(s.id)) return;
    s.time = Date.parse(s.timestamp);
    this.known.add(s.id);
    this.pending.push(s);
    if (this.pending.length > 2 * keptMost) this.#merge(); // a page in the background is not flushed as often
    if (live) {
      this.fresh = (this.fresh ?? 0) + 1;
      for (const f of this.#live) f(s);
    }
  }

  #merge() {
    const fresh = this.pending.sort(compare),
      old = this.signals,
      all = [];
    this.pending = [];
    for (let i = 0, j = 0; all.length < keptMost && (i < fresh.length || j < old.length);) {
      all.push(j === old.length || (i < fresh.length && compare(fresh[i], old[j]) <= 0) ? fresh[i++] : old[j++]);
    }
    this.signals = all;
    if (this.known.size > 2 * keptMost) this.known = new Set(all.map((s) => s.id));
  }

  #flush() {
    if (!this.pending.length) return;
    this.#merge();
    if (document.hidden || !location.hash.startsWith("#/signals")) {
      if (this.fresh) {
        this.unread += this.fresh;
        for (const f of this.#unread) f();
      }
    }
    this.fresh = 0;
    for (const f of this.#changed) f();
  }

  read() {
    if (!this.unread) return;
    this.unread = 0;
    for (const f of this.#unread) f();
  }

  #gap(lost) {
    const at = new Date().toLocaleTimeString();
    this.lost =
      lost === null
        ? `${at}: signals may be missing: the daemon was restarted, or keeps fewer than came without a connection.`
        : `${at}: ${lost} signals came while there was no connection and are no longer kept.`;
    for (const f of this.#changed) f();
  }

  async loadFormulas() {
    const { formulas, faults, left_out, faults_left_out } = await get("formulas");
    const text = JSON.stringify([formulas, faults, left_out, faults_left_out]);
    if (text === this.formulasText) return;
    this.formulasText = text;
    this.formulas = formulas;
    this.faults = faults;
    this.leftOut = [left_out, faults_left_out];
    this.formulasLoaded = true;
    for (const f of this.#formulas) f();
    for (const f of this.#changed) f(); // which values decide may have changed
  }

  // decided picks the values of a signal that its formula compares; if it is no longer in force, every indicator call.
  decided(s) {
    const f = this.formulas.find((f) => f.name === s.formula);
    const all = s.resolves ? [["bars", s.bars]] : Object.entries(s.indicator_values ?? {});
    if (s.resolves) return all;
    const chosen = f ? all.filter(([k]) => f.shows.includes(k)) : all.filter(([k]) => k.includes("("));
    return chosen.length || f ? chosen : all;
  }
}

export const store = new Store();
