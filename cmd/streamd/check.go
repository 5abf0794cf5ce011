package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"streamd/formula"
	"streamd/incremental"
	"streamd/ringbuf"
)

func checkCommand() *cobra.Command {
	var path, output string
	proof := &proofFlags{}
	c := &cobra.Command{
		Use:   "check [-c config.yaml] [-o json] [EXPR] [--lookahead] [--warmup] [--data PATH...]",
		Short: "Check a configuration, or an expression",
		Long: `Check a configuration, or an expression.

With --lookahead, prove on data that no value changes when later bars are cut off:
every bar is computed again from a history that ends with it. With --warmup, prove
that behind the stated warm-up no value hangs on where the history begins: it is
begun in 16 places. Both name the node that fails, and end with 1.`,
		Example: `  streamd check 'close > sma(close, 20)'
  streamd check 'tf("1h", ema(close, 20)) > close' --lookahead --warmup --data candles.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return usage{fmt.Errorf("streamd: one expression expected, found %d: %q", len(args), args)}
			case output != "" && output != "table" && output != "json":
				return usage{fmt.Errorf("streamd: -o %s: check writes table or json", output)}
			case proof.lookahead || proof.warmup:
				return proof.run(c, args, path, output == "json")
			case len(proof.data.paths) > 0:
				return usage{fmt.Errorf("streamd: check looks at --data with --lookahead or --warmup")}
			case len(args) == 1:
				return checkExpression(c, args[0], output == "json")
			case output == "json":
				return usage{fmt.Errorf("streamd: check -o json is for an expression")}
			}
			cfg, err := loadConfig(path)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d formulas, %d topics: ok\n", path, len(cfg.rules.Formulas()), len(cfg.topics))
			return err
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "config.yaml", "configuration file")
	c.Flags().StringVarP(&output, "output", "o", "", "table or json, the latter for editors")
	proof.add(c)
	return variadic(c, "data")
}

// checkExpression prints type, lookback and canonical form.
func checkExpression(c *cobra.Command, src string, asJSON bool) error {
	b := formula.NewBuilder(formula.Env{Table: incremental.NewTable(), Named: formula.NamedDefaults(), LookbackMax: ringbuf.DefaultCapacity})
	if asJSON {
		checked := b.Check(src)
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
	_, err := fmt.Fprintf(c.OutOrStdout(), "type: %s\nlookback: %d\ncanonical: %s\n", compiled.Type, compiled.Lookback, compiled.Canon)
	return err
}
