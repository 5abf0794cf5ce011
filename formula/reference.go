package formula

import "streamd/incremental"

// WarmupEps is what is left of the seed after the warm-up that the reference states.
const WarmupEps = 1e-9

// Reference is the language for editors: what they complete formulas from.
type Reference struct {
	Functions  []FunctionReference `json:"functions"`
	Prices     []string            `json:"prices"`
	Words      []string            `json:"words"`
	Operators  []string            `json:"operators"`
	Indicators []NamedReference    `json:"indicators"` // usable by name
}

// NamedReference is an indicator that formulas use by name.
type NamedReference struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

// FunctionReference is a function of the language.
type FunctionReference struct {
	Name      string            `json:"name"`
	Signature string            `json:"signature"`
	Title     string            `json:"title"`
	Group     string            `json:"group"`
	Doc       string            `json:"doc"`
	Source    string            `json:"source"`
	Series    []string          `json:"series"` // what the leading arguments must be: number or condition
	Params    []ParamReference  `json:"params"`
	Outputs   []OutputReference `json:"outputs"`
	Examples  []string          `json:"examples"`
	Lookback  *int              `json:"lookback" jsonschema:"nullable"` // with the defaults; null without
	Warmup    *int              `json:"warmup" jsonschema:"nullable"`   // bars until the seed is forgotten; -1: never
}

// ParamReference is a parameter of a function.
type ParamReference struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"` // int, float or string
	Required bool     `json:"required"`
	Default  any      `json:"default"` // null for required ones
	Min      *float64 `json:"min,omitempty"`
	Max      *float64 `json:"max,omitempty"`
	Choices  []string `json:"choices,omitempty"`
}

// OutputReference is an output of a function.
type OutputReference struct {
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
	Type    string   `json:"type"` // number or condition
}

// NewReference describes functions and named indicators.
func NewReference(rows []*incremental.Row, named []Named) Reference {
	g := Reference{
		Prices: []string{"open", "high", "low", "close", "volume"},
		Words:  []string{"true", "false", "na", "tf", "param", "def"},
		Operators: []string{
			"+", "-", "*", "/", "%", "^", ">", "<", ">=", "<=", "==", "!=", "and", "or", "not", "&&",
			"||", "!", "?", ":",
		},
	}
	for _, n := range named {
		g.Indicators = append(g.Indicators, NamedReference(n))
	}
	for _, r := range rows {
		g.Functions = append(g.Functions, referTo(r))
	}
	return g
}

func referTo(r *incremental.Row) FunctionReference {
	f := FunctionReference{
		Name: r.Name, Signature: Signature(r), Title: r.Title, Group: r.Group, Doc: r.Doc, Source: r.Source,
		Series: []string{}, Params: []ParamReference{}, Examples: r.Examples,
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
		f.Params = append(f.Params, referToParam(p))
		needed = needed || p.Required
	}
	for _, o := range r.Outputs {
		out := OutputReference{Name: o.Name, Aliases: append([]string{}, o.Aliases...), Type: "number"}
		if o.Bool {
			out.Type = "condition"
		}
		f.Outputs = append(f.Outputs, out)
	}
	if b, err := r.With(r.Defaults()); err == nil && !needed {
		warmup := b.Warmup(WarmupEps)
		if warmup >= incremental.NeverForgets {
			warmup = -1
		}
		f.Lookback, f.Warmup = &b.Lookback, &warmup
	}
	return f
}

func referToParam(p incremental.Param) ParamReference {
	g := ParamReference{Name: p.Name, Required: p.Required, Type: "string", Choices: p.Choices, Default: p.Text}
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
