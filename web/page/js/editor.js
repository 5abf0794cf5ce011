// The formula editor: CodeMirror in a shadow root, where its style sheets need no exception of the policy.
import { el, shown } from "./dom.js";
import { get } from "./api.js";

// language is every function and name, had once.
let having;
export const language = () =>
  (having ??= get("functions")
    .then((l) => ({
      ...l,
      functions: l.functions,
      byName: new Map(l.functions.map((f) => [f.name, f])),
      indicators: l.indicators ?? [],
    }))
    .catch((e) => {
      having = undefined;
      throw e;
    }));

const card = (f) =>
  el(
    "div",
    { class: "doc" },
    el("b", {}, shown(f.signature)),
    el("div", {}, f.title),
    el("p", {}, f.doc),
    f.params.length
      ? el(
          "div",
          {},
          f.params.map((p) =>
            el(
              "div",
              {},
              el("code", {}, p.name),
              p.choices?.length ? ": " + p.choices.join(", ") : p.min !== undefined ? `: ${p.min} to ${p.max}` : "",
              p.default !== null && p.default !== "" ? `, else ${p.default}` : "",
            ),
          ),
        )
      : null,
    f.outputs?.length > 1
      ? el("div", {}, "Outputs: " + f.outputs.map((o) => "." + [o.name, ...o.aliases].join(" .")).join(", "))
      : null,
    f.lookback !== null ? el("div", { class: "quiet" }, `first value after ${f.lookback} bars`) : null,
  );

const words = { and: 1, or: 1, not: 1, true: 1, false: 1, na: 1, param: 1, def: 1 };

// createEditor puts an editor into the element. onchange is called with each text.
export const createEditor = async (host, { label, value, onchange }) => {
  const [cm, lang] = await Promise.all([import("../vendor/codemirror.js"), language()]);
  const prices = new Set([...lang.prices, "hl2", "hlc3", "ohlc4", "hlcc4", "bar_index"]),
    named = new Set(lang.indicators.map((i) => i.name));
  const tokens = cm.StreamLanguage.define({
    token: (s) => {
      if (s.eatSpace()) return null;
      if (s.match(/^#.*/)) return "comment";
      if (s.match(/^("[^"]*"?|'[^']*'?)/)) return "string";
      if (s.match(/^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/i)) return "number";
      const m = s.match(/^[a-z_]\w*/i);
      if (m) {
        const w = m[0];
        if (words[w]) return "keyword";
        if (prices.has(w)) return "atom";
        if (named.has(w)) return "variableName.special";
        if (lang.byName.has(w)) return "variableName.function";
        return "variableName";
      }
      s.next();
      return "operator";
    },
  });
  const look = cm.HighlightStyle.define([
    { tag: cm.tags.comment, color: "var(--quiet)", fontStyle: "italic" },
    { tag: cm.tags.string, color: "var(--overlay-4)" },
    { tag: cm.tags.number, color: "var(--overlay-2)" },
    { tag: cm.tags.keyword, color: "var(--overlay-3)", fontWeight: "600" },
    { tag: cm.tags.atom, color: "var(--overlay-4)" },
    { tag: [cm.tags.function(cm.tags.variableName), cm.tags.special(cm.tags.variableName)], color: "var(--accent)" },
  ]);
  const options = [
    ...lang.functions.map((f) => ({
      label: f.name,
      type: "function",
      detail: f.title,
      info: () => card(f),
      apply: f.signature.includes("(") ? f.name + "(" : f.name,
    })),
    ...lang.indicators.map((i) => ({ label: i.name, type: "variable", detail: i.expression })),
    ...[...prices].map((p) => ({ label: p, type: "property", detail: "of the candle" })),
    ...Object.keys(words).map((w) => ({ label: w, type: "keyword" })),
  ];
  const complete = (c) => {
    const field = c.matchBefore(/([a-z_]\w*)(\([^()]*\))?\.\w*$/i);
    if (field) {
      const f = lang.byName.get(field.text.match(/^\w+/)[0]);
      if (f?.outputs?.length > 1)
        return {
          from: field.from + field.text.lastIndexOf(".") + 1,
          options: f.outputs.flatMap((o) => [o.name, ...o.aliases]).map((label) => ({ label, type: "property" })),
        };
    }
    const word = c.matchBefore(/[a-z_]\w*/i);
    return word || c.explicit ? { from: word ? word.from : c.pos, options, validFor: /^\w*$/ } : null;
  };
  const hover = cm.hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    for (const m of line.text.matchAll(/[a-z_]\w*/gi)) {
      const from = line.from + m.index,
        to = from + m[0].length,
        f = lang.byName.get(m[0]),
        i = lang.indicators.find((x) => x.name === m[0]);
      if (pos < from || pos > to || (!f && !i)) continue;
      return {
        pos: from,
        end: to,
        above: true,
        create: () => ({
          dom: f
            ? card(f)
            : el("div", { class: "doc" }, el("b", {}, i.name), el("div", {}, el("code", {}, i.expression))),
        }),
      };
    }
    return null;
  });
  const theme = cm.EditorView.theme({
    "&": { fontSize: "14px", color: "var(--ink)", backgroundColor: "var(--paper)", borderRadius: "6px" },
    "&.cm-focused": { outline: "none" },
    ".cm-content": { fontFamily: "var(--mono)", padding: "8px 4px", minHeight: "76px", caretColor: "var(--ink)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    ".cm-scroller": { overflow: "auto", maxHeight: "240px", fontFamily: "var(--mono)" },
    "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
      backgroundColor: "var(--accent-soft)",
    },
    ".cm-tooltip": {
      background: "var(--raised)",
      color: "var(--ink)",
      border: "1px solid var(--edge)",
      borderRadius: "6px",
      maxWidth: "min(460px, 90vw)",
    },
    ".cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--accent)", color: "var(--on-accent)" },
    ".cm-completionDetail": {
      fontStyle: "normal",
      opacity: "1",
      marginLeft: "10px",
      fontFamily: "system-ui, sans-serif",
    },
    ".cm-completionInfo, .doc": {
      padding: "8px 10px",
      maxWidth: "min(420px, 86vw)",
      font: "13px/1.45 system-ui, sans-serif",
      whiteSpace: "normal",
    },
    ".doc p": { margin: "4px 0" },
    ".doc code": { fontFamily: "var(--mono)" },
    ".quiet": { color: "var(--quiet)" },
    ".cm-lintRange-error": {
      backgroundImage: "none",
      textDecoration: "underline wavy var(--down) 1.5px",
      textUnderlineOffset: "4px",
      backgroundColor: "var(--down-soft)",
    },
    ".cm-diagnostic-error": { borderLeftColor: "var(--down)" },
    ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
    ".cm-placeholder": { color: "var(--quiet)" },
  });
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  shadow.replaceChildren();
  const view = new cm.EditorView({
    parent: shadow,
    root: shadow,
    state: cm.EditorState.create({
      doc: value,
      extensions: [
        cm.history(),
        tokens,
        cm.syntaxHighlighting(look),
        cm.bracketMatching(),
        cm.closeBrackets(),
        cm.autocompletion({ override: [complete], icons: false }),
        hover,
        theme,
        // Where the browser itself replaces a selection, it keeps its look by a style that the policy would block.
        cm.EditorView.domEventHandlers({
          beforeinput: (e, view) => {
            if (e.inputType !== "insertText" || !e.data || view.state.selection.main.empty) return false;
            e.preventDefault();
            view.dispatch({ ...view.state.replaceSelection(e.data), userEvent: "input.type" });
            return true;
          },
        }),
        cm.EditorView.lineWrapping,
        cm.placeholder("close > sma(close, 20) and rsi(close, 2) < 10"),
        cm.EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off" }),
        cm.keymap.of([
          ...cm.closeBracketsKeymap,
          ...cm.completionKeymap,
          ...cm.historyKeymap,
          ...cm.lintKeymap,
          ...cm.defaultKeymap,
        ]),
        cm.EditorView.updateListener.of((u) => {
          if (u.docChanged) onchange(u.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    get value() {
      return view.state.doc.toString();
    },
    set value(text) {
      if (text !== view.state.doc.toString())
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    // problems marks what the daemon's check says; its places count as the editor's do.
    problems: (list) => {
      const length = view.state.doc.length;
      view.dispatch(
        cm.setDiagnostics(
          view.state,
          list.map((d) => {
            const from = Math.min(d.from, length),
              to = Math.min(Math.max(d.to, d.from + 1), length);
            return {
              from: from === to ? Math.max(0, from - 1) : from,
              to,
              severity: "error",
              message: d.message + (d.hint ? "\n" + d.hint : ""),
            };
          }),
        ),
      );
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
};
