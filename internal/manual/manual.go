// Package manual reads the code blocks of the documents, so that tests can run them.
//
// The words behind the three backticks say what a block is. The first is its language; the others say what a test does
// with it:
//
//	console          each line behind "$ " is run, and what stands below it is its output; a line "..." is any output
//	sh run           run; it must not fail
//	sh kafka         run by the tests with a real broker
//	sh by=TestName   what it does is tested there
//	formula          each paragraph compiles
//	yaml config      streamd check accepts it;   yaml formulas: streamd scan does;   yaml test: streamd test does
//	LANGUAGE file=N  written to the file N, for the blocks that follow
//
// Blocks of other languages are for reading.
package manual

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Snippet is a code block of a document.
type Snippet struct {
	Line  int // of its first line of text, from 1
	Lang  string
	Words []string // after the language
	Text  string
}

// Is reports whether a word stands after the language.
func (b *Snippet) Is(word string) bool {
	for _, w := range b.Words {
		if w == word {
			return true
		}
	}
	return false
}

// Value is what stands behind name= after the language, or empty.
func (b *Snippet) Value(name string) string {
	for _, w := range b.Words {
		if v, ok := strings.CutPrefix(w, name+"="); ok {
			return v
		}
	}
	return ""
}

// Read returns the blocks of a document.
func Read(path string) ([]Snippet, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Blocks(string(raw))
}

// Blocks returns the blocks of a text in Markdown.
func Blocks(text string) ([]Snippet, error) {
	var all []Snippet
	var open *Snippet
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(strings.TrimRight(line, " "), "```")
		switch {
		case isFence && open == nil:
			words := strings.Fields(fence)
			open = &Snippet{Line: i + 2}
			if len(words) > 0 {
				open.Lang, open.Words = words[0], words[1:]
			}
		case isFence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.Text += line + "\n"
		}
	}
	if open != nil {
		return nil, fmt.Errorf("line %d: a block is not closed", open.Line-1)
	}
	return all, nil
}

// Step is a command of a console block, with what it is expected to print.
type Step struct {
	Line            int // of the command
	Command, Output string
}

// Steps returns the commands of a console block. A command goes on where its line ends with a backslash.
func (b *Snippet) Steps() []Step {
	var steps []Step
	goesOn := false
	for i, line := range strings.SplitAfter(b.Text, "\n") {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case line == "":
		case isCommand:
			steps = append(steps, Step{Line: b.Line + i, Command: command})
		case goesOn:
			steps[len(steps)-1].Command += line
		case len(steps) > 0:
			steps[len(steps)-1].Output += line
		}
		goesOn = (isCommand || goesOn) && strings.HasSuffix(line, "\\\n")
	}
	return steps
}

// durations differ between any two runs.
var durations = regexp.MustCompile(`\b\d+(\.\d+)?(ms|µs|ns|s)\b`)

// Same reports whether an output is as expected: durations may differ, and a line "..." stands for any lines.
func Same(want, got string) bool {
	lines := func(s string) []string {
		var all []string
		for _, line := range strings.Split(strings.TrimRight(durations.ReplaceAllString(s, "0s"), "\n"), "\n") {
			all = append(all, strings.TrimRight(line, " "))
		}
		return all
	}
	return same(lines(want), lines(got))
}

func same(want, got []string) bool {
	for len(want) > 0 {
		if want[0] == "..." {
			for skip := 0; skip <= len(got); skip++ {
				if same(want[1:], got[skip:]) {
					return true
				}
			}
			return false
		}
		if len(got) == 0 || want[0] != got[0] {
			return false
		}
		want, got = want[1:], got[1:]
	}
	return len(got) == 0
}
