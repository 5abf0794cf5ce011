package main

import (
	"strings"

	"streamd/candle/wire"
	"streamd/formula"
	"streamd/incremental/catalog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completeFunctions offers the names of functions.
func completeFunctions(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	var names []string
	if len(args) == 0 {
		for _, r := range formula.Documented(catalog.New()) {
			if strings.HasPrefix(r.Name, begun) {
				names = append(names, r.Name+"\t"+r.Title)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeFlags offers flags, and the values of those that have a list, for a command that reads its flags itself (see
// variadic): cobra completes nothing for it.
func completeFlags(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	last := ""
	if len(args) > 0 {
		last = args[len(args)-1]
	}
	values := map[string][]string{
		"--format": wire.Formats(), "--data-format": wire.Formats(),
		"--timeframe": {"1m", "5m", "15m", "1h", "4h", "1d", "1w"},
	}
	if c.Name() == "feed" {
		values["--format"] = wire.Encoded()
	}
	if offered, ok := values[last]; ok {
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
	if !strings.HasPrefix(begun, "-") {
		return nil, cobra.ShellCompDirectiveDefault // files
	}
	var flags []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix("--"+f.Name, begun) {
			flags = append(flags, "--"+f.Name+"\t"+f.Usage)
		}
	})
	return flags, cobra.ShellCompDirectiveNoFileComp
}
