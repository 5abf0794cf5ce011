package main

import (
	"encoding/json"
	"fmt"

	"streamd/formula"
	"streamd/incremental"
)

// warmupEps is what is left of the seed behind the warm-up that is shown.
const warmupEps = 1e-9

// grammar is what an editor completes formulas from.
type grammar struct {
	Functions  []grammarFunction  `json:"functions"`
	Prices     []string           `json:"prices"`
	Words      []string           `json:"words"`
	Operators  []string           `json:"operators"`
	Indicators []grammarIndicator `json:"indicators"` // usable by name
}

type grammarIndicator struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

type grammarFunction struct {
	Name      string          `json:"name"`
	Signature string          `json:"signature"`
	Title     string          `json:"title"`
	Group     string          `json:"group"`
	Doc       string          `json:"doc"`
	Source    string          `json:"source"`
	Series    []string        `json:"series"` // what the leading arguments must be: number or condition
	Params    []grammarParam  `json:"params"`
	Outputs   []grammarOutput `json:"outputs"`
	Examples  []string        `json:"examples"`
	Lookback  *int            `json:"lookback"` // with the defaults; null where a parameter is needed
	Warmup    *int            `json:"warmup"`   // further bars until the seed weighs less than 1e-9; -1 for never
}

type grammarParam struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"` // int, float or string
	Required bool     `json:"required"`
	Default  any      `json:"default"` // null for required ones
	Min      *float64 `json:"min,omitempty"`
	Max      *float64 `json:"max,omitempty"`
	Choices  []string `json:"choices,omitempty"`
}

type grammarOutput struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
	Type    string   `json:"type"` // number or condition
}

// writeGrammar writes the whole language for editors, or one function.
func writeGrammar(out writer, rows []*incremental.Row, one bool) error {
	g := grammar{
		Prices: []string{"open", "high", "low", "close", "volume"},
		Words:  []string{"true", "false", "na", "tf", "param", "def"},
		Operators: []string{
			"+", "-", "*", "/", "%", "^", ">", "<", ">=", "<=", "==", "!=", "and", "or", "not", "&&",
			"||", "!", "?", ":",
		},
	}
	for _, n := range formula.NamedDefaults() {
		g.Indicators = append(g.Indicators, grammarIndicator(n))
	}
	for _, r := range rows {
		g.Functions = append(g.Functions, describeFunction(r))
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	var err error
	if one {
		err = e.Encode(g.Functions[0])
	} else {
		err = e.Encode(g)
	}
	if err != nil {
		return fmt.Errorf("streamd: output: %w", err)
	}
	return nil
}

func describeFunction(r *incremental.Row) grammarFunction {
	f := grammarFunction{
		Name: r.Name, Signature: formula.Signature(r), Title: r.Title, Group: r.Group, Doc: r.Doc, Source: r.Source,
		Series: []string{}, Params: []grammarParam{}, Examples: r.Examples,
	}
	for _, in := range r.Inputs {
		switch in {
		case incremental.Real:
			f.Series = append(f.Series, "number")
		case incremental.Cond:
			f.Series = append(f.Series, "condition")
		}
	}
	needed := false
	for _, p := range r.Params {
		f.Params = append(f.Params, describeParam(p))
		needed = needed || p.Required
	}
	for _, o := range r.Outputs {
		out := grammarOutput{Name: o.Name, Aliases: append([]string{}, o.Aliases...), Type: "number"}
		if o.Bool {
			out.Type = "condition"
		}
		f.Outputs = append(f.Outputs, out)
	}
	if b, err := r.With(r.Defaults()); err == nil && !needed {
		warmup := b.Warmup(warmupEps)
		if warmup >= incremental.NeverForgets {
			warmup = -1
		}
		f.Lookback, f.Warmup = &b.Lookback, &warmup
	}
	return f
}

func describeParam(p incremental.Param) grammarParam {
	g := grammarParam{Name: p.Name, Required: p.Required, Type: "string", Choices: p.Choices, Default: p.Text}
	switch p.Kind {
	case incremental.MA:
		g.Choices, g.Default = incremental.MATypes(), incremental.MAType(p.Default).String()
	case incremental.Int, incremental.Float:
		g.Type, g.Default, g.Min, g.Max = "int", p.Default, &p.Min, &p.Max
		if p.Kind == incremental.Float {
			g.Type = "float"
		}
	}
	if p.Required {
		g.Default = nil
	}
	return g
}
