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

// TestStepOneOfAnyKernel holds StepOne against Step for a row that has no way of its own
// for one bar.
func TestStepOneOfAnyKernel(t *testing.T) {
	crossover := rowOf(t, "crossover")
	b, err := crossover.With(nil) // it has no parameters
	if err != nil {
		t.Fatal(err)
	}
	if b.Single != nil {
		t.Fatal("crossover steps one bar by itself")
	}
	one, all := make([]float64, b.State), make([]float64, b.State)
	in := [][]float64{{1, 3, 2, 1, 4}, {2, 2, 2, 2, 2}, {0, 0, 0, 0, 0}}
	want := [][]float64{make([]float64, 5)}
	b.Kernel.Step(all, in, want)
	for j, w := range want[0] {
		y, _, _ := b.StepOne(one, in[0][j], in[1][j], in[2][j])
		if y != w && (y == y || w == w) {
			t.Errorf("bar %d: %v, want %v", j, y, w)
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
