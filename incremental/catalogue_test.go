package incremental_test

import (
	"strings"
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

// TestMatchesCatalogue holds every row to TA-Lib's own description: name,
// parameters in order with defaults and limits, outputs, default lookback.
func TestMatchesCatalogue(t *testing.T) {
	catalogue := loadReference(t).catalogue
	if len(catalogue) != 201 {
		t.Fatalf("the catalogue has %d functions, TA-Lib 0.8.1 has 201", len(catalogue))
	}
	table := catalog.New()
	for name, f := range catalogue {
		row := table.Row(strings.ToLower(name))
		if row == nil {
			t.Errorf("%s has no row", name)
			continue
		}
		if row.TALib != name {
			t.Errorf("%s is held to %q", row.Name, row.TALib)
		}
		if got := row.Lookback(row.Defaults()); got != f.Lookback {
			t.Errorf("%s: default lookback %d, TA-Lib has %d", row.Name, got, f.Lookback)
		}
		matchParams(t, row, f)
		matchOutputs(t, row, f)
	}
}

func matchParams(t *testing.T, row *incremental.Row, f talibFunction) {
	if len(row.Params) != len(f.Parameters) {
		t.Errorf("%s has %d parameters, TA-Lib %d", row.Name, len(row.Params), len(f.Parameters))
		return
	}
	kinds := map[string]incremental.ParamKind{
		"Integer": incremental.Int, "Double": incremental.Float,
		"MA Type": incremental.MA,
	}
	for i, want := range f.Parameters {
		p := row.Params[i]
		if p.Name != want.Name || p.Default != want.Default || p.Kind != kinds[want.Type] {
			t.Errorf("%s: parameter %d is %s, default %v, kind %v; TA-Lib has %s, %v, %s", row.Name, i, p.Name,
				p.Default, p.Kind, want.Name, want.Default, want.Type)
		}
		if want.Min != nil && p.Min != *want.Min || want.Max != nil && p.Max != *want.Max {
			t.Errorf("%s: %s lies within %v to %v; TA-Lib has %v to %v", row.Name, p.Name, p.Min, p.Max, *want.Min,
				*want.Max)
		}
	}
}

func matchOutputs(t *testing.T, row *incremental.Row, f talibFunction) {
	if len(row.Outputs) != len(f.Outputs) {
		t.Errorf("%s has %d outputs, TA-Lib %d", row.Name, len(row.Outputs), len(f.Outputs))
		return
	}
	for i, want := range f.Outputs {
		if got := row.Outputs[i].Name; got != want && len(f.Outputs) > 1 {
			t.Errorf("%s: output %d is %s, TA-Lib has %s", row.Name, i, got, want)
		}
	}
}

// TestNamesAreWhole: outputs and parameters of a row can be told apart.
func TestNamesAreWhole(t *testing.T) {
	for _, row := range catalog.New().Rows() {
		seen := map[string]bool{}
		for _, out := range row.Outputs {
			for _, name := range append([]string{out.Name}, out.Aliases...) {
				if seen[name] || name != strings.ToLower(name) {
					t.Errorf("%s: output name %q is not lower case or comes twice", row.Name, name)
				}
				seen[name] = true
			}
		}
		for _, p := range row.Params {
			if p.Kind != incremental.Text && (p.Default < p.Min || p.Default > p.Max) && !p.Required {
				t.Errorf("%s: the default %v of %s is outside %v to %v", row.Name, p.Default, p.Name, p.Min, p.Max)
			}
		}
	}
}
