package main

import (
	"encoding/json"
	"fmt"
	"io"

	"streamd/candle"
	"streamd/config"
	"streamd/formula"
	"streamd/rulebook"
	"streamd/stream"

	"github.com/spf13/cobra"
)

func checkCommand() *cobra.Command {
	var path, output string
	proof := &proofFlags{}
	c := &cobra.Command{
		Use:   "check [-c config.yaml] [-o json] [EXPR] [--lookahead] [--warmup] [--data PATH...]",
		Short: "Check a configuration, or an expression",
		Long: `Check a configuration, or an expression; with -c and an expression, under the
indicators and the buffer of the configuration.

With --lookahead, prove on data that no value changes when later bars are cut off:
every bar is computed again from a history that ends with it. With --warmup, prove
that behind the stated warm-up no value depends on where the history begins: it is
begun in 16 places. Both name the node that fails, and end with 1.`,
		Example: `  streamd check 'close > sma(close, 20)'
  streamd check -c config.yaml 'top(roc(close, 20), 10, "tech")'
  streamd check 'tf("1h", ema(close, 20)) > close' --lookahead --warmup --data candles.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return usage{fmt.Errorf("streamd: one expression expected, found %d: %q", len(args), args)}
			case output != "" && output != "table" && output != "json":
				return usage{fmt.Errorf("streamd: -o %s: check writes table or json", output)}
			case len(proof.data.paths) > 0 && !proof.wanted():
				return usage{fmt.Errorf("streamd: check looks at --data with --lookahead or --warmup")}
			case len(args) == 1:
				set, err := expressionSet(path, c.Flags().Changed("config"))
				if err != nil {
					return err
				}
				d, err := proof.data.selection(c)
				if err != nil {
					return err
				}
				if err := checkExpression(c, set.env(d.Timeframe), args[0], output == "json",
					proof.wanted()); err != nil || !proof.wanted() {
					return err
				}
				set.formulas = []stream.Formula{{Name: "scan", Expression: args[0]}}
				return proof.run(c, set, output == "json", true)
			case proof.wanted():
				set, err := (&formulaFlags{file: path, offline: true}).read("scan")
				if err != nil {
					return err
				}
				return proof.run(c, set, output == "json", false)
			case output == "json":
				return usage{fmt.Errorf("streamd: check -o json is for an expression")}
			}
			cfg, err := config.Load(path)
			if cfg == nil {
				return usage{err}
			}
			cfg.AllowOthers()
			cfg, rules, err := compileConfig(cfg, err, true)
			if err != nil {
				return err
			}
			if cfg.FormulasTopic != "" {
				fmt.Fprintf(c.ErrOrStderr(), "the formulas of topic %s are not looked at\n", cfg.FormulasTopic)
			}
			set := setOf(cfg, rules)
			warnings(c, set)
			if _, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d formulas, %d topics: ok\n", path, rules.Len(),
				len(cfg.Inputs())); err != nil {
				return err
			}
			return set.printNeeds(c.OutOrStdout())
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "config.yaml", "configuration file")
	c.Flags().StringVarP(&output, "output", "o", "", "table or json, the latter for editors")
	proof.add(c)
	return variadic(c, "data")
}

// warnings prints what is no error in the formulas but surely not meant.
func warnings(c *cobra.Command, set *formulaSet) {
	for _, f := range set.formulas {
		b := formula.NewBuilder(set.env(candle.Timeframe{}))
		b.SetParams(f.Params)
		compiled, _ := b.Add(f.Expression) // without errors: the rules are compiled
		for _, w := range compiled.Warnings {
			fmt.Fprintf(c.ErrOrStderr(), "warning: formula %s: %s\n", f.Name, w.Render(f.Expression))
		}
	}
}

// printNeeds says which formulas need other series, and what that takes.
func (s *formulaSet) printNeeds(w io.Writer) error {
	for _, f := range s.formulas {
		b := formula.NewBuilder(s.env(candle.Timeframe{}))
		b.SetParams(f.Params)
		b.SetSelected(f.Symbols)
		compiled, _ := b.Add(f.Expression) // without errors: the rules are compiled
		for _, text := range b.Needs(compiled) {
			if _, err := fmt.Fprintf(w, "formula %s needs: %s\n", f.Name, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// expressionSet is what an expression of the command line is compiled in: indicators
// and buffer of the configuration, if one was named.
func expressionSet(path string, named bool) (*formulaSet, error) {
	if !named {
		return &formulaSet{}, nil
	}
	doc, err := config.Read(path)
	if err != nil {
		return nil, usage{err}
	}
	set, err := compiledSet(doc)
	if err != nil {
		return nil, err
	}
	set.formulas = nil
	return set, nil
}

// env is what the formulas are compiled in, on a timeframe if it is known.
func (s *formulaSet) env(tf candle.Timeframe) formula.Env {
	env := rulebook.Env(s.indicators, s.buffer, tf)
	env.Others, env.Universes = true, s.universes
	return env
}

// checkExpression prints type, lookback and canonical form; a quiet one prints errors
// only.
func checkExpression(c *cobra.Command, env formula.Env, src string, asJSON, quiet bool) error {
	b := formula.NewBuilder(env)
	if asJSON {
		checked := b.Check(src)
		if quiet && checked.OK {
			return nil
		}
		if err := json.NewEncoder(c.OutOrStdout()).Encode(checked); err != nil {
			return err
		}
		if !checked.OK {
			return usage{fmt.Errorf("streamd: the expression has errors: %d", len(checked.Diagnostics))}
		}
		return nil
	}
	compiled, d := b.Add(src)
	if len(d) > 0 {
		return usage{fmt.Errorf("%s", d.Render(src))}
	}
	if quiet {
		return nil
	}
	for _, w := range compiled.Warnings {
		fmt.Fprintln(c.ErrOrStderr(), "warning: "+w.Render(src))
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "type: %s\nlookback: %d\ncanonical: %s\n", compiled.Type, compiled.Lookback,
		compiled.Canon)
	for _, text := range b.Needs(compiled) {
		if err == nil {
			_, err = fmt.Fprintf(c.OutOrStdout(), "needs: %s\n", text)
		}
	}
	return err
}
