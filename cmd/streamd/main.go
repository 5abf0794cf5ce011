// Command streamd evaluates formulas on streams of candles. See streamd --help.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"streamd/formula"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usage is an error of the one who calls: wrong flags, an invalid formula or
// configuration. It ends the program with 2, others with 1.
type usage struct{ error }

// interrupted is the error of a command on history that was told to stop: what
// was done by then has been written.
type interrupted struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(exitCode(root().ExecuteContext(ctx)))
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, complaint(err, paletteOf(os.Stderr)))
	var u usage
	var i interrupted
	switch {
	case errors.As(err, &u):
		return 2
	case errors.As(err, &i):
		return 130 // 128 + SIGINT, as shells have it
	}
	return 1
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "streamd",
		Short:         "Real-time signals from candles: formulas in, matches out, live and on history alike",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.Version = version()
	c.SetVersionTemplate("streamd {{.Version}}\n")
	c.SetFlagErrorFunc(wrongFlag)
	c.PersistentFlags().Bool(csvRawFlag, false,
		"in CSV, leave symbols and names that begin with = + - @ without the apostrophe that keeps them text")
	c.AddCommand(runCommand(), notifyCommand(), stateCommand(),
		demoCommand(), initCommand(), feedCommand(), scanCommand(), replayCommand(),
		verifyCommand(), backtestCommand(), discoverCommand(), mergeCommand(), evalCommand(), explainCommand(),
		testCommand(), diffCommand(), checkCommand(), doctorCommand(), fmtCommand(), functionsCommand(), dataCommand(),
		healthCommand(), manCommand(), versionCommand(), configCommand())
	return c
}

// wrongFlag says what is wrong with a flag, and which one may be meant.
func wrongFlag(c *cobra.Command, err error) error {
	hint := ""
	if name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --"); unknown {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := formula.DidYouMean(name, names); near != "" {
			hint = "; " + near
		}
	}
	if strings.Contains(err.Error(), "unknown shorthand flag") {
		hint = "\nan expression that begins with - goes after --"
	}
	return usage{fmt.Errorf("streamd: %w%s\nsee %s --help", err, hint, c.CommandPath())}
}

func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("; did you mean %s?", strings.Join(near, " or "))
	}
	return usage{fmt.Errorf("streamd: unknown command %q%s\nsee %s --help", args[0], hint, c.CommandPath())}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), "streamd", version())
			return err
		},
	}
}

// release is the version of a released binary; the linker sets it (-X main.release=...).
var release string

// version is the release with the commit and the version of Go that it was made with.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(release, "(devel)")
	}
	commit, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = "commit " + s.Value[:min(len(s.Value), 12)] + ", "
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "modified, "
		}
	}
	return fmt.Sprintf("%s (%s%s%s)", cmp.Or(release, info.Main.Version, "(devel)"), commit, modified, info.GoVersion)
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage{fmt.Errorf("streamd: %s takes no arguments, found %q", c.Name(), args[0])}
	}
	return nil
}
