package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand is for packagers. The page is made of the commands themselves.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write the manual page streamd.1 into a folder", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("streamd: %w", err)
			}
			var page strings.Builder
			writeMan(&page, c.Root())
			return os.WriteFile(filepath.Join(args[0], "streamd.1"), []byte(page.String()), 0o644)
		},
	}
}

// writeMan writes a page of man(7) with a section for each command.
func writeMan(w io.Writer, program *cobra.Command) {
	fmt.Fprintf(w, ".TH STREAMD 1\n.SH NAME\nstreamd \\- %s\n.SH SYNOPSIS\n.B streamd\n.I COMMAND\n[flags]\n"+
		".SH COMMANDS\n", roff(program.Short))
	for _, c := range program.Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		fmt.Fprintf(w, ".SS %s\n", roff(c.Use))
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		fmt.Fprintf(w, "%s\n", paragraphs(text))
		if c.Example != "" {
			fmt.Fprintf(w, ".PP\n.nf\n%s\n.fi\n", roff(c.Example))
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			name := "--" + f.Name
			if f.Shorthand != "" {
				name = "-" + f.Shorthand + ", " + name
			}
			fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(name), roff(f.Usage))
		})
	}
	fmt.Fprint(w, ".SH EXIT STATUS\n0 all is well; 1 it failed, or what was asked for does not hold; 2 wrong flags, "+
		"formulas or configuration; 130 interrupted.\n.SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo colour.\n")
}

// roff escapes a text for man(7).
func roff(s string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func paragraphs(s string) string { return strings.ReplaceAll(roff(s), "\n\n", "\n.PP\n") }
