package main

import (
	"io"
	"os"
	"regexp"
	"strings"
)

// isTerminal reports whether a person reads what is written there.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// palette colours text, or leaves it as it is.
type palette bool

// paletteOf colours for terminals, unless NO_COLOR (no-color.org) or TERM says otherwise.
func paletteOf(w io.Writer) palette {
	return palette(os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w))
}

func (p palette) red(s string) string   { return p.paint("31", s) }
func (p palette) green(s string) string { return p.paint("32", s) }

func (p palette) paint(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// packages matches the names that packages put before their errors. People have no use for them.
var packages = regexp.MustCompile(`(^|: )(?:streamd|candle|config|doctor|formula|formulatest|history|kafka|live|` +
	`replay|rulebook|sink|store|stream|topics|web|wire): `)

// plainly is the text of an error without the names of packages. Lines that are indented quote a user's text.
func plainly(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, " ") {
			continue
		}
		for packages.MatchString(line) {
			line = packages.ReplaceAllString(line, "$1")
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// placed matches the beginning of an error that names a place, as FILE:LINE:COLUMN.
var placed = regexp.MustCompile(`^(\S+:)?\d+:\d+: `)

// carets matches the line that points at what is wrong.
var carets = regexp.MustCompile(`(?m)^( +)(\^+)$`)

// complaint is how a command tells its error.
func complaint(err error, p palette) string {
	text := plainly(err)
	if !placed.MatchString(text) {
		text = p.red("streamd:") + " " + text
	}
	return carets.ReplaceAllStringFunc(text, func(line string) string {
		at := strings.Index(line, "^")
		return line[:at] + p.red(line[at:])
	})
}
