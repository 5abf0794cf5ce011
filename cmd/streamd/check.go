package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"streamd/formula"
	"streamd/incremental"
	"streamd/ringbuf"
)

func checkCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "check [-c config.yaml] [EXPR]",
		Short: "Check a configuration, or an expression",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				return checkExpression(c, args[0])
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
	return c
}

// checkExpression prints type, lookback and canonical form.
func checkExpression(c *cobra.Command, src string) error {
	b := formula.NewBuilder(formula.Env{Table: incremental.NewTable(), Named: formula.NamedDefaults(), LookbackMax: ringbuf.DefaultCapacity})
	compiled, d := b.Add(src)
	if len(d) > 0 {
		return usage{fmt.Errorf("%s", d.Render(src))}
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "type: %s\nlookback: %d\ncanonical: %s\n", compiled.Type, compiled.Lookback, compiled.Canon)
	return err
}
