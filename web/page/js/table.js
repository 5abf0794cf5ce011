// A table of any length, of which only the rows in sight are in the document. A row that stays in sight stays the same
// element, so focus, selection and pointer stay where they are.
import { el, count } from "./dom.js";

const slack = 8; // rows beyond either edge

export class Table {
  // columns: {title, class, sort, width}; render(item, row) fills a row that is new or has changed; key(item) names it.
  constructor({ label, columns, render, key, onsort, folding = true, className = "" }) {
    this.render = render;
    this.key = key;
    this.rows = new Map();
    this.length = 0;
    this.at = () => undefined;
    this.head = el("tr", { role: "row" });
    this.above = el("tr", { class: "pad", "aria-hidden": "true" }, el("td", { colSpan: columns.length }));
    this.below = el("tr", { class: "pad", "aria-hidden": "true" }, el("td", { colSpan: columns.length }));
    this.body = el("tbody", { role: "rowgroup", class: "rows" });
    this.table = el(
      "table",
      { role: "table", "aria-label": label, class: folding ? "folding" : "" },
      el("thead", { role: "rowgroup" }, this.head),
      el("tbody", { "aria-hidden": "true" }, this.above),
      this.body,
      el("tbody", { "aria-hidden": "true" }, this.below),
    );
    this.newer = el(
      "div",
      { class: "newer", hidden: true },
      el("button", {
        onclick: () => {
          this.element.scrollTop = 0;
          this.release?.();
        },
      }),
    );
    this.element = el(
      "div",
      { class: "scroller " + className, tabIndex: 0, role: "region", "aria-label": label + ", scrollable" },
      this.newer,
      this.table,
    );
    this.onsort = onsort;
    this.setColumns(columns);
    this.element.addEventListener("scroll", () => this.paint(), { passive: true });
    this.resize = new ResizeObserver(() => this.paint());
    this.resize.observe(this.element);
    this.moved = 0;
    this.element.addEventListener(
      "pointermove",
      () => {
        this.moved = Date.now();
      },
      { passive: true },
    );
  }

  setColumns(columns) {
    this.columns = columns;
    this.head.replaceChildren(
      ...columns.map((c) =>
        el(
          "th",
          { role: "columnheader", scope: "col", class: c.class ?? "", "aria-sort": c.sorted },
          c.sort ? el("button", { onclick: () => this.onsort(c.sort) }, c.title) : c.title,
        ),
      ),
    );
  }

  get rowHeight() {
    return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row")) || 34;
  }

  // held reports whether somebody is at the rows: then they must not move.
  get held() {
    return this.body.contains(document.activeElement) || Date.now() - this.moved < 2500;
  }

  // set shows length items; at(i) gives one, or undefined where it is not known yet.
  set(length, at) {
    this.length = length;
    this.at = at;
    this.table.setAttribute("aria-rowcount", String(length + 1));
    this.paint();
  }

  // announce offers rows that are held back.
  announce(n, release) {
    this.release = release;
    this.newer.hidden = n === 0;
    if (n) this.newer.firstChild.textContent = `${count(n)} newer ↑`;
  }

  paint() {
    const h = this.rowHeight,
      box = this.element;
    const first = Math.max(0, Math.floor(box.scrollTop / h) - slack);
    const last = Math.min(this.length, Math.ceil((box.scrollTop + (box.clientHeight || 600)) / h) + slack);
    this.first = first;
    this.last = last;
    this.above.firstChild.style.height = first * h + "px";
    this.below.firstChild.style.height = (this.length - last) * h + "px";
    const next = new Map();
    let before = null;
    for (let i = last - 1; i >= first; i--) {
      // from below, so that each row is put before one that is in place
      const item = this.at(i);
      const key = item === undefined ? "?" + i : this.key(item);
      let row = this.rows.get(key);
      if (!row || next.has(key)) row = el("tr", { role: "row" });
      next.set(key, row);
      if (item === undefined && !row.cells.length)
        row.append(el("td", { role: "cell", colSpan: this.columns.length, class: "quiet" }, "…"));
      if (item !== undefined && row.item !== item) {
        this.render(item, row);
        row.item = item;
      }
      row.setAttribute("aria-rowindex", String(i + 2));
      if (row.nextSibling !== before || row.parentNode !== this.body) this.body.insertBefore(row, before);
      before = row;
    }
    for (const [key, row] of this.rows) if (!next.has(key) || next.get(key) !== row) row.remove();
    this.rows = next;
  }

  close() {
    this.resize.disconnect();
  }
}

// cells replaces the cells of a row where their number differs, else only what has changed in them.
export const cells = (row, columns, contents) => {
  if (row.cells.length !== contents.length) {
    const cell = (c, i) =>
      el("td", { role: "cell", class: columns[i]?.class ?? "", dataset: { label: columns[i]?.title ?? "" } }, c);
    row.replaceChildren(...contents.map(cell));
    return;
  }
  contents.forEach((c, i) => {
    const td = row.cells[i];
    if (typeof c === "string") {
      if (td.textContent !== c) td.textContent = c;
    } else if (td.childNodes.length !== 1 || !td.firstChild.isEqualNode(c)) td.replaceChildren(c);
  });
};
