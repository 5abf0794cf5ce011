// Screener: expressions on the newest candle of every series, ranked by the daemon once a second.
import { el, name, shown, number, column, time, empty, plural, count, covered, chartOf } from "./dom.js";
import { get, every, Failure, failed } from "./api.js";
import { Table, cells } from "./table.js";
import { UniversePanel } from "./universe.js";

const columnsMost = 8;
const windowRows = 200; // of one answer
const standard = ["roc(close, 20)", "rsi(close, 14)", "volume / sma(volume, 20)"];

const keyOf = (r) => `${r.symbol} ${r.timeframe}`;
const patternOf = (text) => (text && !/[*?]/.test(text) ? `*${text}*` : text);
const conditionOf = (v) => (v === null ? "na" : v === 1 ? "✓" : "✗");
const expressionInput = (props) => el("input", { maxLength: 1000, spellcheck: false, autocomplete: "off", ...props });

export const open = (main, params) => new ScreenerView(main, params);

class ScreenerView {
  #params;
  #answer = null;
  #offset = 0; // of the answer's first row
  #formats = []; // of the columns
  #busy = false;
  #again = false;
  #timer = null;
  #stop;

  constructor(main, params) {
    this.#params = params;
    this.inputs = el("div", { class: "columns" });
    this.columns = el("details", { open: innerWidth > 700 }, el("summary", {}, "Columns"), this.inputs);
    this.where = this.#field("where", { placeholder: "every series", maxLength: 1000 });
    this.symbol = this.#field("symbol", { placeholder: "all, or a part", maxLength: 64, size: 12 });
    this.frame = this.#field("timeframe", { placeholder: "all", maxLength: 9, size: 6 });
    this.note = el("span", { class: "quiet", role: "status" });
    this.problems = el("ul", { class: "problems", "aria-live": "polite", "aria-label": "Problems" });
    this.none = el("div");
    this.others = el("p", { class: "quiet", hidden: true });
    this.asFormula = el("a", { class: "button" }, "Save as formula");
    this.asUniverse = el("button", { type: "button", "aria-expanded": "false", onclick: () => this.#universe() });
    this.asUniverse.textContent = "Save as universe";
    this.universe = new UniversePanel();
    this.table = new Table({
      label: "Screener",
      columns: this.#heads(),
      key: keyOf,
      className: "list",
      onsort: (key) => this.#go({ sort: this.#sorted === "-" + key ? key : "-" + key }),
      render: (r, row) => this.#row(r, row),
    });
    this.table.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    const title = el("h1", { class: "skip" }, "Screener");
    const above = [title, this.#controls(), this.universe.element, this.problems, this.others, this.none];
    main.replaceChildren(...above, this.table.element);
    this.update(params);
    this.#stop = every(1000, () => this.#ask());
  }

  update(params) {
    const before = JSON.stringify(this.#params.getAll("expr"));
    this.#params = params;
    if (JSON.stringify(params.getAll("expr")) !== before || !this.inputs.children.length) this.#drawInputs();
    for (const e of [this.where, this.symbol, this.frame]) {
      if (document.activeElement !== e) e.value = params.get(e.name) ?? "";
    }
    this.asFormula.hidden = !params.get("where");
    this.asFormula.href = "#/formulas?" + new URLSearchParams({ expr: params.get("where") ?? "" });
    this.#answer = null;
    this.table.setColumns(this.#heads());
    for (const row of this.table.rows.values()) row.item = undefined;
    this.table.element.scrollTop = 0;
    this.universe.follow(this.#screen).catch(() => {}); // the table says what is wrong
    this.#ask();
  }

  close() {
    this.#stop();
    clearTimeout(this.#timer);
    this.table.close();
  }

  #field(name, props) {
    const e = expressionInput({ name, ...props });
    e.addEventListener("change", () => this.#go({ [name]: e.value.trim() }));
    return e;
  }

  #controls() {
    return el(
      "form",
      { class: "controls", "aria-label": "What to screen", onsubmit: (e) => e.preventDefault() },
      this.columns,
      el("label", { class: "where" }, "Only where", this.where),
      el("label", {}, "Symbol", this.symbol),
      el("label", {}, "Timeframe", this.frame),
      this.asFormula,
      this.asUniverse,
      this.note,
    );
  }

  get #expressions() {
    const given = this.#params.getAll("expr");
    return given.length ? given : standard;
  }

  get #sorted() {
    return this.#params.get("sort") ?? "-1";
  }

  get #screen() {
    const p = this.#params;
    return { where: p.get("where"), symbol: patternOf(p.get("symbol")), timeframe: p.get("timeframe") };
  }

  #heads() {
    const head = (title, className, sort) => {
      const sorted = { [sort]: "ascending", ["-" + sort]: "descending" }[this.#sorted];
      return { title, class: className, sort, sorted };
    };
    return [
      head("Symbol", "symbol", "symbol"),
      head("Newest", "fold", "timestamp"),
      head("Close", "number", "close"),
      ...this.#expressions.map((x, i) => head(shown(x), "number", String(i + 1))),
    ];
  }

  #row(r, row) {
    const expr = this.#params.get("where") ?? undefined;
    const link = chartOf({ symbol: r.symbol, timeframe: r.timeframe, expr });
    row.className = "link";
    row.onclick = (e) => {
      if (!e.target.closest("a")) location.hash = link;
    };
    const values = r.values.map((v, k) => this.#formats[k](v));
    const symbol = el("a", { href: link }, name(r.symbol), " ", el("span", { class: "quiet" }, r.timeframe));
    cells(row, this.table.columns, [symbol, time(r.timestamp), number(r.close), ...values]);
  }

  #go(changes) {
    const q = new URLSearchParams(this.#params);
    for (const [k, v] of Object.entries(changes)) {
      q.delete(k);
      for (const one of [v].flat()) if (one) q.append(k, one);
    }
    location.hash = "#/screener?" + q;
  }

  #at(i) {
    return this.#answer?.rows[i - this.#offset];
  }

  // #ask asks for the rows in sight. While an answer is on its way, it asks once more behind it.
  async #ask() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    const mine = this.#params;
    const offset = Math.max(0, Math.floor((this.table.first ?? 0) / 50) * 50);
    const asked = { expr: this.#expressions, ...this.#screen, sort: this.#sorted, limit: windowRows, offset };
    try {
      const a = await get("screen", asked);
      if (mine === this.#params) this.#show(a, offset);
    } catch (e) {
      if (mine === this.#params) this.#fail(e);
    } finally {
      this.#busy = false;
      if (this.#again || mine !== this.#params) {
        this.#again = false;
        this.#ask();
      }
    }
  }

  #show(a, offset) {
    // A row that shows the same is the same, so that nothing in it moves.
    const before = new Map((this.#answer?.rows ?? []).map((r) => [keyOf(r), r]));
    a.rows = a.rows.map((r) => {
      const b = before.get(keyOf(r));
      return b && b.timestamp === r.timestamp && String(b.values) === String(r.values) ? b : r;
    });
    this.#answer = a;
    this.#offset = offset;
    const formats = a.columns.map((c, k) =>
      c.type === "condition" ? conditionOf : column(a.rows.map((r) => r.values[k])),
    );
    this.#formats = formats;
    this.problems.replaceChildren();
    this.table.element.hidden = a.total === 0;
    const nothing = a.series
      ? empty("No series fulfils the condition", "It is looked at again once a second.")
      : empty("No series yet", "They appear with their first candle.");
    this.none.replaceChildren(a.total ? "" : nothing);
    const pending = a.pending ? `, ${count(a.pending)} being computed` : "";
    this.note.textContent = `${count(a.total)} of ${plural(a.series, "series")}${pending}`;
    this.others.textContent = covered(a.others);
    this.others.hidden = !a.others;
    this.table.set(a.total, (i) => this.#at(i));
  }

  #fail(e) {
    if (!(e instanceof Failure)) return; // the frame says that there is no connection
    const place = (d) => [el("code", {}, shown(d.expression)), ` ${d.line}:${d.col} `];
    const hint = (d) => (d.hint ? el("span", { class: "hint" }, ` — ${shown(d.hint)}`) : null);
    const item = (d) => el("li", {}, place(d), shown(d.message), hint(d));
    if (e.status === 422 || e.status === 400) {
      const all = e.problems.length ? e.problems.map(item) : [el("li", {}, shown(e.message))];
      this.problems.replaceChildren(...all);
    } else if (e.status !== 429 && e.status !== 503) this.none.replaceChildren(failed(e));
  }

  // #scrolled asks for rows that have come into sight.
  #scrolled() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const t = this.table;
      if (!this.#answer || t.last > t.length) return;
      if (t.first < this.#offset || t.last > this.#offset + this.#answer.rows.length) this.#ask();
    }, 60);
  }

  #drawInputs() {
    const all = this.#expressions;
    const change = (i) => (e) => {
      const next = [...all];
      next[i] = e.target.value.trim();
      this.#go({ expr: next.filter(Boolean) });
    };
    const remove = (i) =>
      el(
        "button",
        {
          type: "button",
          "aria-label": `Remove column ${i + 1}`,
          onclick: () => this.#go({ expr: all.filter((_, k) => k !== i), sort: null }),
        },
        "×",
      );
    const shownColumn = (x, i) =>
      el(
        "div",
        { class: "column" },
        el("label", {}, `Column ${i + 1}`, expressionInput({ value: x, onchange: change(i) })),
        all.length > 1 ? remove(i) : null,
      );
    const added = expressionInput({ placeholder: "rsi(close, 2)", onchange: change(all.length) });
    const another = el("div", { class: "column" }, el("label", {}, "Another column", added));
    this.inputs.replaceChildren(...all.map(shownColumn), all.length < columnsMost ? another : "");
  }

  async #universe() {
    const open = await this.universe.toggle(this.#screen).catch(() => true);
    this.asUniverse.setAttribute("aria-expanded", String(open));
  }
}
