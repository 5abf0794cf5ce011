// Formulas: those in force with what they do, and an editor that shows where one would have fired.
import { el, name, shown, time, empty, debounce, toast, typeBadge, count, plural, chartOf } from "./dom.js";
import { send, Failure } from "./api.js";
import { store } from "./store.js";
import { Table, cells } from "./table.js";
import { createEditor } from "./editor.js";
import { settingsForm, yaml, names } from "./settings.js";
import { Outcomes, outcomesCard } from "./outcomes.js";
import { Preview } from "./preview.js";

const refreshEvery = 3000; // ms
const hitsMost = 500;
const fileName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const columns = [
  { title: "Name", class: "symbol" },
  { title: "Type", class: "type" },
  { title: "State", class: "status" },
  { title: "Today", class: "number today" },
  { title: "Last fire", class: "when" },
  { title: "Hit rate", class: "number rate" },
  { title: "Kept in", class: "fold" },
];
const settingsOf = (f) => Object.fromEntries(names.filter((k) => f[k] !== undefined).map((k) => [k, f[k]]));
const addressOf = (n) => "#/formulas?" + new URLSearchParams({ name: n });
const stateOf = (f) => {
  if (f.state === "paused") return el("span", { class: "quiet" }, "‖ paused");
  if (f.state === "in_force") return el("span", { class: "good" }, "✓ in force");
  return el("span", { class: "warn", title: f.problem }, "◔ last good version");
};

export const open = (main, params) => new FormulasView(main, params);

class FormulasView {
  #params;
  #chosen = null; // the formula that is edited; null for a new one
  #editor = null;
  #checked = { ok: false, diagnostics: [] };
  #outcomes = new Outcomes();
  #turn = 0; // of checks
  #loading = true;
  #closed = false;
  #off;
  #timer;

  constructor(main, params) {
    this.#params = params;
    this.changed = debounce(250, () => !this.#closed && this.#editor && this.#look());
    this.list = new Table({ label: "Formulas", columns, key: (f) => f.name, render: (f, row) => this.#row(f, row) });
    this.none = el("div");
    this.preview = new Preview((h) => this.#hit(h));
    this.outcomes = el("div");
    const parts = el("div", { class: "formulas" }, this.#listing(), this.#editing());
    main.replaceChildren(parts);
    this.#show();
    this.#off = store.onformulas(() => {
      this.#show();
      if (this.#loading) this.#start();
    });
    this.#start();
    this.#refresh();
    this.#timer = setInterval(() => document.hidden || this.#refresh(), refreshEvery);
  }

  update(params) {
    this.#params = params;
    if (!this.#editor) return;
    this.#choose(params.get("name"), params.get("expr") ?? "");
    // On a phone the list is above the editor.
    if (params.get("name") && innerWidth <= 1000) this.heading.scrollIntoView({ block: "start" });
  }

  close() {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#off();
    this.#editor?.close();
    this.list.close();
    this.preview.close();
  }

  #listing() {
    const controls = el("div", { class: "controls" }, el("a", { class: "button", href: "#/formulas" }, "New formula"));
    return el("div", { class: "list" }, controls, this.none, this.list.element);
  }

  #editing() {
    this.heading = el("h1", {});
    this.nameField = el("input", {
      maxLength: 64,
      required: true,
      spellcheck: false,
      autocomplete: "off",
      placeholder: "letters, digits, _ . -",
      oninput: () => this.changed(),
    });
    this.host = el("div", { class: "editor" });
    this.problems = el("ul", { class: "problems", "aria-live": "polite", "aria-label": "Problems" });
    this.form = settingsForm(() => this.changed());
    this.save = el("button", { class: "main", type: "button", onclick: () => this.#save() }, "Save");
    this.pause = el("button", { type: "button", onclick: () => this.#pause() }, "Pause");
    this.remove = el("button", { type: "button", onclick: () => this.#delete() }, "Delete");
    this.offered = el("div", { hidden: true });
    const form = el(
      "form",
      { "aria-label": "Formula", onsubmit: (e) => e.preventDefault() },
      el("label", {}, "Name", this.nameField),
      this.host,
      this.problems,
      this.form.element,
      el("div", { class: "controls" }, this.save, this.pause, this.remove),
    );
    const below = [this.offered, this.preview.element, this.outcomes];
    this.edit = el("div", { class: "edit", "aria-busy": "true" }, this.heading, form, ...below);
    return this.edit;
  }

  #row(f, row) {
    row.className = "link";
    row.onclick = (e) => {
      if (!e.target.closest("a")) location.hash = addressOf(f.name);
    };
    const rate = this.#outcomes.rate(f.name);
    const after = this.#outcomes.typical;
    cells(row, columns, [
      el("a", { href: addressOf(f.name) }, name(f.name)),
      typeBadge(f.signal_type),
      stateOf(f),
      `${count(f.fired.today)} of ${count(f.fired.total)}`,
      f.fired.last ? time(f.fired.last) : "never",
      el("span", { class: this.#outcomes.warned(f.name) ? "warn" : "", title: rate && `${after} bars after` }, rate),
      el("span", { class: "quiet", title: f.place }, shown(f.origin)),
    ]);
    row.setAttribute("aria-selected", String(this.#chosen?.name === f.name));
  }

  // #show lists the formulas, and the faults of those that are not in force as they are written.
  #show() {
    const all = [...store.formulas].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.list.set(all.length, (i) => all[i]);
    this.list.element.hidden = !all.length;
    const fault = (f) =>
      el(
        "p",
        { class: "warn" },
        el("b", {}, name(f.name || f.place)),
        f.kept ? " runs in its last good version: " : " is not in force: ",
        shown(f.error.split("\n")[0]),
      );
    const nothing = empty("No formulas are in force", "Write the first one.");
    const [formulas, faults] = store.leftOut ?? [0, 0];
    const more = `Not listed here: ${plural(formulas, "further formula")}, ${plural(faults, "further fault")}.`;
    const rest = formulas + faults ? [el("p", { class: "quiet" }, more)] : [];
    this.none.replaceChildren(...(all.length ? [] : [nothing]), ...store.faults.map(fault), ...rest);
    if (this.#loading || !this.#chosen || !this.#params.get("name") || this.#dirty()) return;
    const f = all.find((x) => x.name === this.#chosen.name);
    if (f) this.#chosen = { ...f, saved: this.#chosen.saved };
  }

  async #refresh() {
    await store.loadFormulas().catch(() => {});
    const fresh = await this.#outcomes.load().catch(() => false);
    if (!fresh || this.#closed) return;
    const after = this.#outcomes.typical;
    this.list.setColumns(
      columns.map((c) =>
        c.class?.includes("rate") && after ? { ...c, title: `Hit rate, ${plural(after, "bar")}` } : c,
      ),
    );
    for (const row of this.list.rows.values()) row.item = undefined;
    this.#show();
    this.#showOutcomes();
  }

  #showOutcomes() {
    this.outcomes.replaceChildren(this.#chosen ? outcomesCard(this.#outcomes, this.#chosen.name) : "");
  }

  async #start() {
    if (!store.formulasLoaded) return;
    this.#loading = false;
    this.#editor = await createEditor(this.host, { label: "Expression", value: "", onchange: () => this.changed() });
    if (this.#closed) {
      this.#editor.close();
      return;
    }
    this.edit.removeAttribute("aria-busy");
    this.update(this.#params);
  }

  // #choose edits a formula in force, or a new one.
  #choose(n, draft = "") {
    const f = n ? store.formulas.find((f) => f.name === n) : null;
    this.#chosen = f ? { ...f } : null;
    this.heading.replaceChildren(f ? name(f.name) : "New formula");
    this.nameField.value = f?.name ?? n ?? "";
    this.nameField.disabled = !!f;
    this.offered.hidden = true;
    this.form.set(f ?? {});
    this.#editor.value = f?.expression ?? draft;
    if (f) this.#chosen.saved = JSON.stringify(this.#settings());
    for (const row of this.list.rows.values()) row.setAttribute("aria-selected", String(row.item?.name === f?.name));
    this.#showOutcomes();
    this.#look();
  }

  #settings() {
    return { expression: this.#editor?.value ?? "", ...this.form.value() };
  }

  #dirty() {
    return !this.#chosen || JSON.stringify(this.#settings()) !== this.#chosen.saved;
  }

  get #editable() {
    return !this.#chosen || this.#chosen.origin === "file";
  }

  #hit({ symbol, timeframe, timestamp }) {
    const formula = this.#chosen && !this.#dirty() ? this.#chosen.name : undefined;
    return chartOf({ symbol, timeframe, formula, expr: formula ? undefined : this.#editor.value, at: timestamp });
  }

  // #look checks what is written, and shows where it would have fired.
  async #look() {
    const mine = ++this.#turn;
    const text = this.#editor.value;
    this.#showButtons();
    if (!text.trim()) {
      this.#showProblems([]);
      this.preview.say("Write a condition to see where it would have fired.");
      return;
    }
    try {
      const { problems, answer, failure } = await this.#check(text);
      if (mine !== this.#turn) return;
      this.#showProblems(problems);
      if (answer) this.preview.show(answer);
      else if (failure) this.preview.say(shown(failure), "warn");
      else this.preview.say("Correct what is marked to see where it would have fired.");
      this.#showButtons();
    } catch {
      // The frame says that there is no connection.
    }
  }

  async #check(text) {
    const checked = await send("POST", "formulas/check", { expression: text });
    this.#checked = checked;
    if (!checked.ok) return { problems: checked.diagnostics };
    try {
      const draft = { name: this.nameField.value || undefined, ...this.#settings() };
      return { problems: [], answer: await send("POST", `preview?limit=${hitsMost}`, draft) };
    } catch (e) {
      if (!(e instanceof Failure)) throw e;
      checked.ok = e.status !== 422 || e.problems.length === 0;
      return { problems: e.problems, failure: e.problems.length ? "" : e.message };
    }
  }

  #showProblems(all) {
    const item = (d) =>
      el(
        "li",
        {},
        d.in === "settings" ? "" : `${d.line}:${d.col} `,
        shown(d.message),
        d.hint ? el("span", { class: "hint" }, ` — ${shown(d.hint)}`) : null,
      );
    this.problems.replaceChildren(...all.map(item));
    this.#editor?.problems(all.filter((d) => d.in !== "settings"));
  }

  #showButtons() {
    const named = fileName.test(this.nameField.value);
    this.save.disabled = !this.#editable || !this.#checked.ok || !named || !this.#dirty();
    this.remove.hidden = this.pause.hidden = !this.#chosen || !this.#editable;
    this.pause.textContent = this.#chosen?.state === "paused" ? "Resume" : "Pause";
    if (this.#editable) return;
    const place = shown(this.#chosen.place);
    if (this.#chosen.origin === "config") {
      this.#offer(
        `This formula is kept in the configuration (${place}), which the page does not write. ` +
          "Put this in its place there, and reload.",
      );
    } else this.#offer(`This formula is kept in the topic ${place}: write it there.`);
  }

  // #offer gives the YAML of what cannot be saved.
  #offer(why, open = false) {
    const text = yaml(this.nameField.value || "name", this.#settings());
    const area = el("textarea", { class: "yaml", readOnly: true, spellcheck: false, value: text, rows: 8 });
    const details = el("details", { open }, el("summary", {}, "As YAML"));
    details.append(el("label", { class: "block" }, "For the configuration", area));
    this.offered.hidden = false;
    this.offered.replaceChildren(el("div", { class: "card" }, el("p", {}, why), details));
  }

  async #put(n, settings) {
    await send("PUT", "formulas/" + encodeURIComponent(n), settings);
    await store.loadFormulas();
  }

  async #save() {
    const n = this.nameField.value;
    const before = store.formulas.find((f) => f.name === n);
    const undo = async () => {
      await this.#put(n, settingsOf(before)).catch((e) => toast(e.message));
      this.#choose(n);
    };
    this.save.disabled = true;
    try {
      await this.#put(n, this.#settings());
      toast(`${n} is in force.`, before ? "Undo" : null, undo);
      if (this.#params.get("name") === n) this.#choose(n);
      else location.hash = addressOf(n);
    } catch (e) {
      if (e.problems?.length) this.#showProblems(e.problems);
      else if (e.status === 409) this.#offer(e.message, true);
      else toast(e.message);
      this.#showButtons();
    }
  }

  async #delete() {
    const f = this.#chosen;
    const undo = async () => {
      await this.#put(f.name, settingsOf(f)).catch((e) => toast(e.message));
      location.hash = addressOf(f.name);
    };
    try {
      await send("DELETE", "formulas/" + encodeURIComponent(f.name));
      await store.loadFormulas();
      toast(`${shown(f.name)} is deleted.`, "Undo", undo);
      location.hash = "#/formulas";
    } catch (e) {
      toast(e.message);
    }
  }

  async #pause() {
    const f = this.#chosen;
    try {
      await this.#put(f.name, { ...settingsOf(f), ...(f.state === "paused" ? {} : { paused: true }) });
      this.#choose(f.name);
    } catch (e) {
      toast(e.message);
    }
  }
}
