package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// variadic lets a flag take all arguments up to the next flag, as in
// --data a.csv b.csv: each further one is read as the flag again.
func variadic(c *cobra.Command, flag string) *cobra.Command {
	run := c.RunE
	c.DisableFlagParsing = true
	c.RunE = func(c *cobra.Command, args []string) error {
		rest, help, err := parseVariadic(c.Flags(), flag, args)
		if err != nil {
			return c.FlagErrorFunc()(c, err)
		}
		if help {
			return c.Help()
		}
		return run(c, rest)
	}
	return c
}

func parseVariadic(flags *pflag.FlagSet, flag string, args []string) (rest []string, help bool, err error) {
	var spread []string
	taking, given := false, false // within the flag's arguments; it has one
	for i, a := range args {
		switch {
		case a == "--":
			spread = append(spread, args[i:]...)
			return finishVariadic(flags, spread)
		case a == "--"+flag:
			taking, given = true, false
		case strings.HasPrefix(a, "-") && a != "-":
			taking = false
			spread = append(spread, a)
		case taking:
			spread, given = append(spread, "--"+flag+"="+a), true
		default:
			spread = append(spread, a)
		}
		if taking && !given && i == len(args)-1 {
			spread = append(spread, "--"+flag)
		}
	}
	return finishVariadic(flags, spread)
}

func finishVariadic(flags *pflag.FlagSet, args []string) ([]string, bool, error) {
	if flags.Lookup("help") == nil {
		flags.BoolP("help", "h", false, "show this help")
	}
	if err := flags.Parse(args); err != nil {
		return nil, false, err
	}
	help, err := flags.GetBool("help")
	return flags.Args(), help, err
}
