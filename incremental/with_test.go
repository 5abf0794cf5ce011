package incremental_test

import (
	"testing"

	"streamd/incremental"
	"streamd/incremental/catalog"
)

func TestWithRejectsAnotherNumberOfArguments(t *testing.T) {
	rsi := rowOf(t, "rsi")
	for _, args := range []incremental.Args{nil, append(rsi.Defaults(), incremental.Arg{Num: 1})} {
		if b, err := rsi.With(args); err == nil || b != nil {
			t.Errorf("%d arguments: %v, %v", len(args), b, err)
		}
	}
}

// Kernels that read columns have no way of their own for one bar.
func TestOneOfKernels(t *testing.T) {
	for name, want := range map[string]bool{"crossover": false, "rsi": true} {
		row := rowOf(t, name)
		b, err := row.With(row.Defaults())
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := b.One(); ok != want {
			t.Errorf("%s: %v, want %v", name, ok, want)
		}
	}
}

func rowOf(t *testing.T, name string) *incremental.Row {
	t.Helper()
	for _, r := range catalog.New().Rows() {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no row %s", name)
	return nil
}
