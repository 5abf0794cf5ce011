package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"streamd/formula"
	"streamd/incremental/catalog"
)

const pineHead = `# Pine

Made from the table of Pine's names by ` + "`make docs`; `streamd functions --pine [NAME]`" + ` prints it, and a formula
that uses a name of Pine is answered with what to write instead.

Three-valued logic, bars and ` + "`x[n]`" + ` are as in Pine; a call inside a condition is computed on every bar, whatever
Pine's lazy ` + "`and`" + ` would skip. Where TA-Lib and Pine use one name for different numbers, the plain name is TA-Lib's
and Pine's has ` + "`_tv`" + `: the last column says how they differ.

` + "`make pine`" + ` compares all of them with two independent runtimes, PyneCore and PineTS, on drawn data. What both
agree on holds here, but for:

- ` + "`rising` and `falling`" + ` follow Pine's manual: above (below) each of the length values before. The runtimes want
  each of the last length steps to rise (fall): 1 3 2 4 is ` + "`rising(close, 3)`" + ` here and not there.
- ` + "`cci`, `willr` and `correl`" + ` are TA-Lib's where nothing moves.
- Values that differ only by the rounding of hl2 and the like are equal here.
`

// TestPineDocument holds docs/pine.md to the table of Pine's names; with UPDATE_DOCS set (make
// docs) it writes the file instead.
func TestPineDocument(t *testing.T) {
	var b strings.Builder
	b.WriteString(pineHead)
	b.WriteString("\n| Pine | streamd | |\n| --- | --- | --- |\n")
	cell := func(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
	for _, p := range catalog.Pine() {
		here := p.Here
		if here != "" {
			here = "`" + here + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", cell(p.Pine), cell(here), cell(p.Note))
	}
	holdDocument(t, "pine.md", b.String())
}

// Every function that the table names exists, and every one that gives a function of Pine as its
// source is in it.
func TestPineNamesAreOurs(t *testing.T) {
	var names []string
	rows := formula.Documented(catalog.New())
	for _, r := range rows {
		names = append(names, r.Name)
	}
	called := regexp.MustCompile(`(\w+)\(`)
	var used []string
	for _, p := range catalog.Pine() {
		for _, m := range called.FindAllStringSubmatch(p.Here, -1) {
			used = append(used, m[1])
			if !slices.Contains(names, m[1]) {
				t.Errorf("%s: there is no function %s", p.Pine, m[1])
			}
		}
		used = append(used, p.Here)
	}
	twins := []string{"ema_tv", "hma_tv"} // of ema and hma
	for _, r := range rows {
		if strings.HasPrefix(r.Source, "Pine ta.") && !slices.Contains(used, r.Name) && !slices.Contains(twins, r.Name) {
			t.Errorf("%s is from %q, but catalog.Pine does not name it", r.Name, r.Source)
		}
	}
}
