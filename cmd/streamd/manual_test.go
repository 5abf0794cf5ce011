package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/formula"
	"streamd/internal/manual"
	"streamd/rulebook"

	"streamd/candle"
)

// documents are those whose code blocks are run.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"README.md", "HACKING.md", "docs/*.md", "docs/*/*.md", "examples/*.md", "deploy/*.md"} {
		found, err := filepath.Glob("../../" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

// TestManual runs the code blocks of the documents, see the package manual. With REWRITE set it writes what commands
// print into the documents instead.
func TestManual(t *testing.T) {
	read, run := 0, 0
	t.Run("documents", func(t *testing.T) {
		for _, path := range documents(t) {
			blocks, err := manual.Read(path)
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			ran := 0
			for i := range blocks {
				if runs(&blocks[i]) {
					ran++
				}
			}
			read, run = read+len(blocks), run+ran
			if ran == 0 {
				continue
			}
			t.Run(filepath.Base(path), func(t *testing.T) {
				t.Parallel()
				w := &walk{t: t, path: path, dir: clone(t)}
				for i := range blocks {
					w.block(&blocks[i])
				}
				w.rewrite()
			})
		}
	})
	t.Logf("%d code blocks, %d of them run or checked here", read, run)
}

// runs reports whether this test does something with a block.
func runs(b *manual.Snippet) bool {
	return b.Lang == "console" || b.Lang == "formula" || b.Value("file") != "" || b.Value("by") != "" ||
		b.Lang == "sh" && b.Is("run") || b.Lang == "yaml" && slices.ContainsFunc([]string{"config", "formulas", "test"}, b.Is)
}

// clone is a folder that looks like the repository's to commands, with the program in bin. What they write stays in it.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "bin" || e.Name() == ".git" {
			continue
		}
		if err := os.Symlink(filepath.Join(root, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "bin", "streamd")); err != nil { // see TestMain
		t.Fatal(err)
	}
	return dir
}

// walk runs the blocks of a document in their order.
type walk struct {
	t         *testing.T
	path, dir string
	rewritten [][2]string // commands with their output, old and new
}

func (w *walk) block(b *manual.Snippet) {
	w.t.Helper()
	if name := b.Value("file"); name != "" {
		at := filepath.Join(w.dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(b.Text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	switch {
	case b.Value("by") != "":
		w.elsewhere(b)
	case b.Lang == "console":
		for _, s := range b.Steps() {
			w.step(s)
		}
	case b.Lang == "formula":
		w.formulas(b)
	case b.Lang == "sh" && b.Is("run"):
		if out, err := w.shell(b.Text); err != nil {
			w.t.Errorf("%s:%d: %v\n%s", w.path, b.Line, err, out)
		}
	case b.Lang == "yaml" && b.Is("config"):
		w.file(b, "streamd check -c")
	case b.Lang == "yaml" && b.Is("formulas"):
		w.file(b, "streamd scan --data examples/data/minute.csv.gz --limit 1 -f")
	case b.Lang == "yaml" && b.Is("test"):
		w.file(b, "streamd test")
	}
}

// elsewhere wants the test that a block names.
func (w *walk) elsewhere(b *manual.Snippet) {
	tests, err := filepath.Glob("../../*/*/*_test.go")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, path := range tests {
		text, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+b.Value("by")+"(") {
			return
		}
	}
	w.t.Errorf("%s:%d: there is no test %s", w.path, b.Line, b.Value("by"))
}

// shell runs commands as a user would type them.
func (w *walk) shell(script string) (string, error) {
	c := exec.CommandContext(w.t.Context(), "bash", "-ec", script)
	c.Dir = w.dir
	c.WaitDelay = time.Second
	c.Env = append(os.Environ(), "PATH="+filepath.Join(w.dir, "bin")+":"+os.Getenv("PATH"), "NO_COLOR=1", "LC_ALL=C.UTF-8")
	out, err := c.CombinedOutput()
	return string(out), err
}

// step runs one command. Its exit code is what its output says.
func (w *walk) step(s manual.Step) {
	w.t.Helper()
	got, _ := w.shell(s.Command)
	if manual.Same(s.Output, got) {
		return
	}
	if os.Getenv("REWRITE") != "" {
		w.rewritten = append(w.rewritten, [2]string{"$ " + s.Command + s.Output, "$ " + s.Command + trimmed(got)})
		return
	}
	w.t.Errorf("%s:%d: $ %sprints\n%s\nbut it says\n%s", w.path, s.Line, s.Command, got, s.Output)
}

// trimmed is a text without spaces at the ends of lines.
func trimmed(text string) string {
	return regexp.MustCompile(`(?m)[ \t]+$`).ReplaceAllString(text, "")
}

// rewrite brings what commands print into the document.
func (w *walk) rewrite() {
	if len(w.rewritten) == 0 {
		return
	}
	raw, err := os.ReadFile(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	text := string(raw)
	for _, r := range w.rewritten {
		text = strings.Replace(text, r[0], r[1], 1)
	}
	if err := os.WriteFile(w.path, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *walk) formulas(b *manual.Snippet) {
	for _, source := range strings.Split(strings.TrimSpace(b.Text), "\n\n") {
		builder := formula.NewBuilder(rulebook.Env(nil, 0, candle.Timeframe{}))
		if _, d := builder.Add(source); len(d) > 0 {
			w.t.Errorf("%s:%d:\n%s", w.path, b.Line, d.Render(source))
		}
	}
}

// file gives a command the block as a file.
func (w *walk) file(b *manual.Snippet, command string) {
	name := "block.yaml"
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(b.Text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if out, err := w.shell(command + " " + name); err != nil {
		w.t.Errorf("%s:%d: %s: %v\n%s", w.path, b.Line, command, err, out)
	}
}

// TestDocumentsLinkToWhatIsThere wants every relative link and picture.
func TestDocumentsLinkToWhatIsThere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#\s]+)(#[^)\s]*)?\)`)
	for _, path := range documents(t) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(raw), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", path, m[1])
			}
		}
	}
}
