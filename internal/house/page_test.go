package house

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// pageFiles are what browsers read and people write: bundles are elsewhere.
var pageFiles = []string{
	"web/page/*.html", "web/page/js/*.js", "web/page/css/*.css", "replay/report/*.js", "replay/report/*.css",
}

// opening begins a function, as prettier lays them out: its last line begins with the same indentation and a brace.
var opening = regexp.MustCompile(`^(\s*)(?:.*=> \{|(?:async |get |set )*#?(\w+)\(.*\) \{|(?:export )?(?:async )?function .*\{)$`)

// statements look like methods and are none.
var statements = map[string]bool{"if": true, "for": true, "while": true, "switch": true, "catch": true}

// The page's scripts and style sheets stay within the limits of the Go code.
func TestPageStaysReadable(t *testing.T) {
	found := 0
	for _, pattern := range pageFiles {
		paths, err := filepath.Glob("../../" + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			found++
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
			if len(lines) > fileLinesMax && !strings.HasSuffix(path, ".css") {
				t.Errorf("%s has %d lines: does it still hold one thing?", path, len(lines))
			}
			for i, line := range lines {
				columns := utf8.RuneCountInString(line) + (tabColumns-1)*strings.Count(line, "\t")
				if columns > columnsMax && !strings.Contains(line, "://") {
					t.Errorf("%s:%d: %d columns", path, i+1, columns)
				}
			}
			if strings.HasSuffix(path, ".js") {
				for _, long := range longFunctions(lines) {
					t.Errorf("%s:%s", path, long)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("%d files: are they elsewhere now?", found)
	}
}

func longFunctions(lines []string) (long []string) {
	for i, line := range lines {
		m := opening.FindStringSubmatch(line)
		if m == nil || statements[m[2]] {
			continue
		}
		for j := i + 1; j < len(lines); j++ {
			if strings.HasPrefix(lines[j], m[1]+"}") {
				if n := j - i + 1; n > funcLinesMax {
					long = append(long, fmt.Sprintf("%d: a function of %d lines", i+1, n))
				}
				break
			}
		}
	}
	return long
}
