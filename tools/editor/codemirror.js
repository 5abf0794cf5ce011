// What the page uses of CodeMirror; everything else is left out of the bundle.
export { autocompletion, acceptCompletion, closeBrackets, closeBracketsKeymap, completionKeymap, startCompletion } from "@codemirror/autocomplete";
export { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
export { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
export { linter, lintKeymap, setDiagnostics } from "@codemirror/lint";
export { EditorState } from "@codemirror/state";
export { EditorView, hoverTooltip, keymap, placeholder } from "@codemirror/view";
export { tags } from "@lezer/highlight";
