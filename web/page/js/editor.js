// The formula editor: CodeMirror in a shadow root, where its style sheets need no exception of the policy.
import { language, tokens, completion, hover } from "./language.js";

const lookOf = (cm) =>
  cm.HighlightStyle.define([
    { tag: cm.tags.comment, color: "var(--quiet)", fontStyle: "italic" },
    { tag: cm.tags.string, color: "var(--overlay-4)" },
    { tag: cm.tags.number, color: "var(--overlay-2)" },
    { tag: cm.tags.keyword, color: "var(--overlay-3)", fontWeight: "600" },
    { tag: cm.tags.atom, color: "var(--overlay-4)" },
    { tag: [cm.tags.function(cm.tags.variableName), cm.tags.special(cm.tags.variableName)], color: "var(--accent)" },
  ]);

const themeOf = (cm) =>
  cm.EditorView.theme({
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

// Where the browser itself replaces a selection, it keeps its look by a style that the policy would block.
const replacing = (cm) =>
  cm.EditorView.domEventHandlers({
    beforeinput: (e, view) => {
      if (e.inputType !== "insertText" || !e.data || view.state.selection.main.empty) return false;
      e.preventDefault();
      view.dispatch({ ...view.state.replaceSelection(e.data), userEvent: "input.type" });
      return true;
    },
  });

const extensionsOf = (cm, lang, label, onchange) => [
  cm.history(),
  tokens(cm, lang),
  cm.syntaxHighlighting(lookOf(cm)),
  cm.bracketMatching(),
  cm.closeBrackets(),
  cm.autocompletion({ override: [completion(lang)], icons: false }),
  hover(cm, lang),
  themeOf(cm),
  replacing(cm),
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
];

// diagnosticOf makes a mark of a problem that the daemon's check has found; its places count as the editor's do.
const diagnosticOf = (d, length) => {
  const from = Math.min(d.from, length),
    to = Math.min(Math.max(d.to, d.from + 1), length);
  return {
    from: from === to ? Math.max(0, from - 1) : from,
    to,
    severity: "error",
    message: d.message + (d.hint ? "\n" + d.hint : ""),
  };
};

// createEditor puts an editor into the element. onchange is called with each text.
export const createEditor = async (host, { label, value, onchange }) => {
  const [cm, lang] = await Promise.all([import("../vendor/codemirror.js"), language()]);
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  shadow.replaceChildren();
  const extensions = extensionsOf(cm, lang, label, onchange);
  const state = cm.EditorState.create({ doc: value, extensions });
  const view = new cm.EditorView({ parent: shadow, root: shadow, state });
  return {
    get value() {
      return view.state.doc.toString();
    },
    set value(text) {
      const old = view.state.doc;
      if (text !== old.toString()) view.dispatch({ changes: { from: 0, to: old.length, insert: text } });
    },
    problems: (list) => {
      const length = view.state.doc.length;
      view.dispatch(
        cm.setDiagnostics(
          view.state,
          list.map((d) => diagnosticOf(d, length)),
        ),
      );
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
};
