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
	c.ValidArgsFunction = completeFlags
	c.RunE = func(c *cobra.Command, args []string) error {
		c.InheritedFlags() // adds those of the parents to c.Flags()
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
	value := false                // the argument is the value of the flag before it
	optional := ""                // the flag before, which takes the argument unless that is a flag
	for i, a := range args {
		isValue := value && a != "--"
		value = false
		if optional != "" {
			own := optional
			optional = ""
			if !strings.HasPrefix(a, "-") {
				spread[len(spread)-1] = own + "=" + a
				continue
			}
		}
		switch {
		case a == "--":
			spread = append(spread, args[i:]...)
			return finishVariadic(flags, spread)
		case isValue:
			spread = append(spread, a)
		case a == "--"+flag:
			taking, given = true, false
		case isExpression(flags, a):
			taking = false
			spread = append(spread, notFlag+a)
		case strings.HasPrefix(a, "-") && a != "-":
			taking = false
			spread = append(spread, a)
			value = wantsValue(flags, a)
			if mayTakeValue(flags, a) {
				optional = a
			}
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

// notFlag stands before arguments that begin with a minus and are no flags.
const notFlag = "\x00"

// isExpression tells an expression such as -close or -1 * open from flags: it
// has no second minus, and is no flag or has what the values of flags have not.
func isExpression(flags *pflag.FlagSet, a string) bool {
	if len(a) < 2 || a[0] != '-' || a[1] == '-' || a[1] == 'h' && len(a) == 2 {
		return false
	}
	return len(a) > 2 && flags.ShorthandLookup(a[1:2]) == nil || strings.ContainsAny(a, " (<>*+")
}

// wantsValue reports whether a flag takes the next argument as its value.
func wantsValue(flags *pflag.FlagSet, a string) bool {
	var f *pflag.Flag
	if name, long := strings.CutPrefix(a, "--"); long {
		f = flags.Lookup(name) // none for name=value
	} else if len(a) == 2 {
		f = flags.ShorthandLookup(a[1:])
	}
	return f != nil && f.NoOptDefVal == ""
}

// mayTakeValue reports whether a flag takes the next argument as its value unless that is a flag, too.
func mayTakeValue(flags *pflag.FlagSet, a string) bool {
	name, long := strings.CutPrefix(a, "--")
	f := flags.Lookup(name)
	return long && f != nil && f.NoOptDefVal != "" && f.Value.Type() == "string"
}

func finishVariadic(flags *pflag.FlagSet, args []string) ([]string, bool, error) {
	if flags.Lookup("help") == nil {
		flags.BoolP("help", "h", false, "show this help")
	}
	if err := flags.Parse(args); err != nil {
		return nil, false, err
	}
	help, err := flags.GetBool("help")
	rest := flags.Args()
	for i := range rest {
		rest[i] = strings.TrimPrefix(rest[i], notFlag)
	}
	return rest, help, err
}
