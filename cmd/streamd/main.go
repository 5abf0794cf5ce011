// Command streamd evaluates formulas on streams of candles. See streamd --help.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
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
	fmt.Fprintln(os.Stderr, err)
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
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		hint := ""
		if strings.Contains(err.Error(), "unknown shorthand flag") {
			hint = "\nan expression that begins with - goes behind --"
		}
		return usage{fmt.Errorf("streamd: %w%s\nsee streamd %s --help", err, hint, c.Name())}
	})
	raw := c.PersistentFlags().Bool("csv-raw", false,
		"in CSV, leave symbols and names that begin with = + - @ without the apostrophe that keeps them text")
	c.PersistentPreRun = func(*cobra.Command, []string) { csvRaw.Store(*raw) }
	c.AddCommand(runCommand(), demoCommand(), scanCommand(), replayCommand(), verifyCommand(), backtestCommand(),
		discoverCommand(), evalCommand(), explainCommand(), testCommand(), diffCommand(), checkCommand(),
		doctorCommand(), fmtCommand(), functionsCommand(), dataCommand(), versionCommand(), configCommand())
	return c
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

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage{fmt.Errorf("streamd: %s takes no arguments, found %q", c.Name(), args[0])}
	}
	return nil
}
