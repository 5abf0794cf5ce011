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
	c := &cobra.Command{
		Use:   "check [-c config.yaml] [-o json] [EXPR]",
		Short: "Check a configuration, or an expression",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case output != "" && output != "table" && output != "json":
				return usage{fmt.Errorf("streamd: -o %s: check writes table or json", output)}
			case len(args) == 1:
				return checkExpression(c, args[0], output == "json")
			case output == "json":
				return usage{fmt.Errorf("streamd: check -o json is for an expression")}
			}
			cfg, err := loadConfig(path)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d formulas, %d topics: ok\n", path, len(cfg.Formulas), len(cfg.topics))
			return err
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "config.yaml", "configuration file")
	c.Flags().StringVarP(&output, "output", "o", "", "table or json, the latter for editors")
	return c
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
