// A screen as a universe: what the configuration names so that formulas can rank among its members.
import { el, download, plural, shown } from "./dom.js";
import { get } from "./api.js";

const symbolsMost = 1000; // that one answer of the screener has
const fileName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

// universeYAML writes a universe for the configuration. JSON's texts are YAML's, too.
export const universeYAML = (name, value) => `universes:\n  ${name || "name"}: ${JSON.stringify(value)}\n`;

// UniversePanel offers the YAML of a screen: its condition, whose members change with each bar, or the symbols that
// fulfil it now.
export class UniversePanel {
  #screen = {}; // {where, symbol, timeframe} of the screen
  #symbols = []; // that fulfil it
  #leftOut = 0;

  constructor() {
    const changed = () => this.#show();
    const kind = (value, text) =>
      el("label", { class: "inline" }, el("input", { type: "radio", name: "kind", value, onchange: changed }), text);
    this.name = el("input", {
      maxLength: 64,
      placeholder: "liquid",
      spellcheck: false,
      autocomplete: "off",
      oninput: changed,
    });
    this.condition = kind("condition", "the condition: members change with each bar");
    this.list = kind("list", "the symbols listed now");
    this.text = el("textarea", { class: "yaml", readOnly: true, spellcheck: false });
    this.note = el("p", { class: "quiet", role: "status" });
    this.save = el("button", { type: "button", onclick: () => this.#save() }, "Download");
    this.element = el(
      "section",
      { class: "card universe", "aria-label": "Universe", hidden: true },
      el("h2", {}, "Universe of this screen"),
      el("p", { class: "quiet" }, reason),
      el(
        "div",
        { class: "controls" },
        el("label", {}, "Universe name", this.name),
        this.condition,
        this.list,
        this.save,
      ),
      el("label", { class: "block" }, "For the configuration", this.text),
      this.note,
    );
  }

  // toggle shows the panel for a screen, or hides it.
  async toggle(screen) {
    this.element.hidden = !this.element.hidden;
    if (!this.element.hidden) await this.follow(screen);
    return !this.element.hidden;
  }

  // follow takes another screen while the panel is open.
  async follow(screen) {
    if (this.element.hidden) return;
    this.#screen = screen;
    const { rows, total } = await get("screen", { ...screen, sort: "symbol", limit: symbolsMost });
    this.#symbols = [...new Set(rows.map((r) => r.symbol))];
    this.#leftOut = total - rows.length;
    const [byCondition, byList] = [this.condition.firstChild, this.list.firstChild];
    byCondition.disabled = !screen.where;
    if (!screen.where) byList.checked = true;
    else if (!byList.checked) byCondition.checked = true;
    this.#show();
  }

  get #value() {
    return this.list.firstChild.checked ? this.#symbols : this.#screen.where;
  }

  #show() {
    this.text.value = universeYAML(this.name.value, this.#value);
    this.save.disabled = !fileName.test(this.name.value);
    const notes = [plural(this.#symbols.length, "symbol")];
    if (this.#leftOut > 0) notes.push(`${plural(this.#leftOut, "series")} beyond the first ${symbolsMost} left out`);
    if (!this.list.firstChild.checked && (this.#screen.symbol || this.#screen.timeframe)) {
      notes.push("the screen's symbol and timeframe are no part of the condition");
    }
    const used = this.name.value ? `; formulas use it as rank(close, "${shown(this.name.value)}")` : "";
    this.note.textContent = notes.join("; ") + used + ".";
  }

  #save() {
    download(`${this.name.value}.yaml`, "application/yaml", this.text.value);
  }
}

const reason =
  "Universes are kept in the configuration, which the page does not write. Put this there, and reload: " +
  "formulas can rank among its members then.";
