// Formulas: those in force with what they do, and an editor that shows where one would have fired.
import { el, name, shown, number, time, empty, debounce, toast, typeBadge, plural, count } from "./dom.js";
import { send, Failure } from "./api.js";
import { store } from "./store.js";
import { Table, cells } from "./table.js";
import { createEditor } from "./editor.js";
import { settingsForm, yaml, names } from "./settings.js";

const columns = [
  { title: "Name", class: "symbol" },
  { title: "Type", class: "type" },
  { title: "State" },
  { title: "Today", class: "number" },
  { title: "Last fire" },
  { title: "Kept in", class: "fold" },
];
const fileName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const settingsOf = (f) => Object.fromEntries(names.filter((k) => f[k] !== undefined).map((k) => [k, f[k]]));

export const open = (main, params) => {
  let chosen = null; // the formula that is edited; null for a new one
  let editor = null,
    closed = false,
    checked = { ok: false, diagnostics: [] },
    turn = 0,
    loading = true;

  const list = new Table({
    label: "Formulas",
    columns,
    key: (f) => f.name,
    render: (f, row) => {
      row.className = "link";
      row.onclick = (e) => {
        if (!e.target.closest("a")) location.hash = "#/formulas?" + new URLSearchParams({ name: f.name });
      };
      cells(row, columns, [
        el("a", { href: "#/formulas?" + new URLSearchParams({ name: f.name }) }, name(f.name)),
        typeBadge(f.signal_type),
        f.state === "paused"
          ? el("span", { class: "quiet" }, "‖ paused")
          : f.state === "in_force"
            ? el("span", { class: "good" }, "✓ in force")
            : el("span", { class: "warn", title: f.problem }, "◔ last good version"),
        `${count(f.fired.today)} of ${count(f.fired.total)}`,
        f.fired.last ? time(f.fired.last) : "never",
        el("span", { class: "quiet", title: f.place }, shown(f.origin)),
      ]);
      row.setAttribute("aria-selected", String(chosen?.name === f.name));
    },
  });
  const none = el("div");
  const heading = el("h1", {});
  const nameField = el("input", {
    maxLength: 64,
    required: true,
    spellcheck: false,
    autocomplete: "off",
    placeholder: "letters, digits, _ . -",
    oninput: () => changed(),
  });
  const host = el("div", { class: "editor" });
  const problems = el("ul", { class: "problems", "aria-live": "polite", "aria-label": "Problems" });
  const form = settingsForm(() => changed());
  const save = el("button", { class: "main", type: "button" }, "Save");
  const remove = el("button", { type: "button" }, "Delete");
  const pause = el("button", { type: "button" }, "Pause");
  const offered = el("div", { hidden: true });
  const preview = el("section", { class: "card preview", "aria-label": "Preview" });
  const summary = el("div", { "aria-live": "polite" });
  const hitColumns = [
    { title: "Time" },
    { title: "Symbol", class: "symbol" },
    { title: "Close", class: "number" },
    { title: "Change" },
  ];
  const draftLink = (h) =>
    "#/chart?" +
    new URLSearchParams({
      symbol: h.symbol,
      timeframe: h.timeframe,
      ...(chosen && !dirty() ? { formula: chosen.name } : { expr: editor.value }),
      at: h.timestamp,
    });
  const hits = new Table({
    label: "Where it would have fired",
    columns: hitColumns,
    key: (h) => `${h.symbol} ${h.timeframe} ${h.timestamp}`,
    render: (h, row) => {
      row.className = "link";
      row.onclick = (e) => {
        if (!e.target.closest("a")) location.hash = draftLink(h);
      };
      cells(row, hitColumns, [
        time(h.timestamp),
        el("a", { href: draftLink(h) }, name(h.symbol), " ", h.timeframe),
        number(h.close),
        h.change === "added"
          ? el("span", { class: "good" }, "+ added")
          : h.change === "removed"
            ? el("span", { class: "bad" }, "− removed")
            : h.change,
      ]);
    },
  });
  hits.element.hidden = true;
  preview.append(summary, hits.element);

  const settings = () => ({ expression: editor?.value ?? "", ...form.value() });
  const dirty = () => !chosen || JSON.stringify(settings()) !== chosen.saved;
  const editable = () => !chosen || chosen.origin === "file";

  const showProblems = (all) => {
    problems.replaceChildren(
      ...all.map((d) =>
        el(
          "li",
          {},
          d.in === "settings" ? "" : `${d.line}:${d.col} `,
          shown(d.message),
          d.hint ? el("span", { class: "hint" }, ` — ${shown(d.hint)}`) : null,
        ),
      ),
    );
    editor?.problems(all.filter((d) => d.in !== "settings"));
  };
  const offer = (why) => {
    offered.hidden = false;
    offered.replaceChildren(
      el(
        "div",
        { class: "card" },
        el("p", {}, why),
        el(
          "label",
          {},
          "For the configuration",
          el("textarea", {
            class: "yaml",
            readOnly: true,
            spellcheck: false,
            value: yaml(nameField.value || "name", settings()),
          }),
        ),
      ),
    );
  };
  const showButtons = () => {
    save.disabled = !editable() || !checked.ok || !fileName.test(nameField.value) || !dirty();
    remove.hidden = pause.hidden = !chosen || !editable();
    pause.textContent = chosen?.state === "paused" ? "Resume" : "Pause";
    if (!editable())
      offer(
        chosen.origin === "config"
          ? `This formula is kept in the configuration (${shown(chosen.place)}), which the page does not write. Put this there in its place, and reload.`
          : `This formula is kept in the topic ${shown(chosen.place)}: write it there.`,
      );
  };

  const look = async () => {
    const mine = ++turn,
      text = editor.value;
    showButtons();
    if (!text.trim()) {
      showProblems([]);
      hits.element.hidden = true;
      summary.replaceChildren(
        el("div", { class: "quiet" }, "Write a condition: here stands where it would have fired."),
      );
      return;
    }
    let answer;
    try {
      checked = await send("POST", "formulas/check", { expression: text });
      if (mine !== turn) return;
      let all = checked.diagnostics;
      if (checked.ok) {
        try {
          answer = await send("POST", "preview?limit=500", { name: nameField.value || undefined, ...settings() });
        } catch (e) {
          if (!(e instanceof Failure)) throw e;
          checked.ok = e.status !== 422 || e.problems.length === 0;
          all = e.problems;
          if (!all.length) answer = { failure: e.message };
        }
      }
      if (mine !== turn) return;
      showProblems(all);
    } catch {
      return; // the frame says that there is no connection
    }
    showPreview(answer);
    showButtons();
  };
  const showPreview = (a) => {
    let head;
    if (!a) head = el("div", { class: "quiet" }, "Mend what is marked to see where it would have fired.");
    else if (a.failure) head = el("div", { class: "warn" }, shown(a.failure));
    else {
      head = el(
        "div",
        {},
        el("span", { class: "count" }, `${count(a.matches)} ${a.matches === 1 ? "time" : "times"}`),
        a.compared
          ? el(
              "span",
              { class: "diff" },
              el("b", { class: "good" }, `+${count(a.added)}`),
              " ",
              el("b", { class: "bad" }, `−${count(a.removed)}`),
              el("span", { class: "quiet" }, " beside what runs"),
            )
          : null,
        el(
          "p",
          { class: "quiet" },
          `would it have fired, on ${plural(a.by_series.length, "series")} of ${count(a.series)}, in ${plural(a.bars, "candle")} that are kept`,
          a.series_left ? `; ${plural(a.series_left, "series")} left for lack of time` : "",
          a.left_out ? `; the newest ${count(a.hits.length)} are listed` : "",
          ".",
        ),
        a.problem ? el("p", { class: "warn" }, shown(a.problem)) : null,
      );
    }
    summary.replaceChildren(head);
    hits.element.hidden = !a?.hits?.length;
    hits.set(a?.hits?.length ?? 0, (i) => a.hits[i]);
  };
  const changed = debounce(250, () => {
    if (!closed && editor) look();
  });

  const put = async (n, s) => {
    await send("PUT", "formulas/" + encodeURIComponent(n), s);
    await store.loadFormulas();
  };
  save.onclick = async () => {
    const n = nameField.value,
      before = store.formulas.find((f) => f.name === n);
    save.disabled = true;
    try {
      await put(n, settings());
      toast(`${n} is in force.`, before ? "Undo" : null, async () => {
        await put(n, settingsOf(before));
        choose(n);
      });
      if (params.get("name") === n) choose(n);
      else location.hash = "#/formulas?" + new URLSearchParams({ name: n });
    } catch (e) {
      if (e.problems?.length) showProblems(e.problems);
      else if (e.status === 409) offer(e.message);
      else toast(e.message);
      showButtons();
    }
  };
  remove.onclick = async () => {
    const f = chosen;
    try {
      await send("DELETE", "formulas/" + encodeURIComponent(f.name));
      await store.loadFormulas();
      toast(`${shown(f.name)} is deleted.`, "Undo", async () => {
        await put(f.name, settingsOf(f)).catch((e) => toast(e.message));
        location.hash = "#/formulas?" + new URLSearchParams({ name: f.name });
      });
      location.hash = "#/formulas";
    } catch (e) {
      toast(e.message);
    }
  };

  pause.onclick = async () => {
    const f = chosen;
    try {
      await put(f.name, { ...settingsOf(f), ...(f.state === "paused" ? {} : { paused: true }) });
      choose(f.name);
    } catch (e) {
      toast(e.message);
    }
  };

  // choose edits a formula in force, or a new one.
  const choose = (n, draft = "") => {
    const f = n ? store.formulas.find((f) => f.name === n) : null;
    chosen = f ? { ...f } : null;
    heading.replaceChildren(f ? name(f.name) : "New formula");
    nameField.value = f?.name ?? n ?? "";
    nameField.disabled = !!f;
    offered.hidden = true;
    form.set(f ?? {});
    editor.value = f?.expression ?? draft;
    if (chosen) chosen.saved = JSON.stringify(settings());
    for (const row of list.rows.values()) row.setAttribute("aria-selected", String(row.item?.name === f?.name));
    look();
  };
  const show = () => {
    const all = [...store.formulas].sort((a, b) => (a.name < b.name ? -1 : 1));
    list.set(all.length, (i) => all[i]);
    list.element.hidden = !all.length;
    none.replaceChildren(
      all.length ? "" : empty("No formulas are in force", "Write the first one."),
      ...store.faults.map((f) =>
        el(
          "p",
          { class: "warn" },
          el("b", {}, name(f.name || f.place)),
          f.kept ? " runs in its last good version: " : " is not in force: ",
          shown(f.error.split("\n")[0]),
        ),
      ),
    );
    if (!loading && chosen && params.get("name") && !dirty()) {
      const f = all.find((x) => x.name === chosen.name);
      if (f) chosen = { ...f, saved: chosen.saved };
    }
  };
  const read = (p) => {
    params = p;
    if (editor) choose(p.get("name"), p.get("expr") ?? "");
  };

  main.replaceChildren(
    el(
      "div",
      { class: "formulas" },
      el(
        "div",
        { class: "list" },
        el("div", { class: "controls" }, el("a", { class: "button", href: "#/formulas" }, "New formula")),
        none,
        list.element,
      ),
      el(
        "div",
        { class: "edit" },
        heading,
        el(
          "form",
          { "aria-label": "Formula", onsubmit: (e) => e.preventDefault() },
          el("label", {}, "Name", nameField),
          host,
          problems,
          form.element,
          el("div", { class: "controls" }, save, pause, remove),
        ),
        offered,
        preview,
      ),
    ),
  );
  show();
  const offs = [
    store.onformulas(() => {
      show();
      if (loading) start();
    }),
  ];
  const start = async () => {
    if (!store.formulasLoaded) return;
    loading = false;
    editor = await createEditor(host, { label: "Expression", value: "", onchange: () => changed() });
    if (closed) {
      editor.close();
      return;
    }
    read(params);
  };
  start();
  const refresh = setInterval(() => {
    if (!document.hidden) store.loadFormulas().catch(() => {});
  }, 3000);
  return {
    update: read,
    close: () => {
      closed = true;
      clearInterval(refresh);
      offs.forEach((f) => f());
      editor?.close();
      list.close();
      hits.close();
    },
  };
};
