package formula

import "testing"

// TestBuilderWithoutTable adds a formula to a builder that was given no rows: it takes
// those of the catalog.
func TestBuilderWithoutTable(t *testing.T) {
	if _, err := NewBuilder(Env{LookbackMax: 500}).Add("close > sma(close, 20)"); len(err) > 0 {
		t.Error(err)
	}
	if _, err := NewBuilder(Env{}).Add("close > open"); len(err) > 0 {
		t.Error(err)
	}
}
