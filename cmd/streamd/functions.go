package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"streamd/formula"
	"streamd/incremental"
)

func functionsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "functions [NAME]",
		Short: "List every function of the language, or describe one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			out := c.OutOrStdout()
			rows := formula.Functions(incremental.NewTable())
			if len(args) == 1 {
				for _, r := range rows {
					if r.Name == strings.ToLower(args[0]) {
						return describe(out, r)
					}
				}
				return usage{fmt.Errorf("streamd: no function %q; streamd functions lists them", args[0])}
			}
			group := ""
			for _, r := range rows {
				if r.Group != group {
					group = r.Group
					fmt.Fprintf(out, "\n%s\n", group)
				}
				fmt.Fprintf(out, "  %-52s %s\n", formula.Signature(r), r.Title)
			}
			return nil
		},
	}
}

type writer interface{ Write([]byte) (int, error) }

func describe(out writer, r *incremental.Row) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s (%s)\n\n%s\n", formula.Signature(r), r.Title, r.Group, r.Doc)
	if len(r.Params) > 0 {
		b.WriteString("\nParameters\n")
		for _, p := range r.Params {
			switch {
			case p.Kind == incremental.Text && len(p.Choices) > 0:
				fmt.Fprintf(&b, "  %-16s one of %s\n", p.Name, strings.Join(p.Choices, ", "))
			case p.Kind == incremental.Text:
				fmt.Fprintf(&b, "  %-16s text\n", p.Name)
			case p.Kind == incremental.MA:
				fmt.Fprintf(&b, "  %-16s one of %s\n", p.Name, strings.Join(incremental.MATypes(), ", "))
			default:
				fmt.Fprintf(&b, "  %-16s %g to %g\n", p.Name, p.Min, p.Max)
			}
		}
	}
	if len(r.Outputs) > 1 {
		b.WriteString("\nOutputs\n")
		for _, o := range r.Outputs {
			fmt.Fprintf(&b, "  .%s\n", strings.Join(append([]string{o.Name}, o.Aliases...), ", ."))
		}
	}
	a := r.Defaults()
	if bound, err := r.With(a); err == nil {
		fmt.Fprintf(&b, "\nLookback with the defaults: %d bars\n", bound.Lookback)
		if r.Warmup != nil {
			if n := r.Warmup(a, 1e-9); n >= incremental.NeverForgets {
				b.WriteString("It never forgets where the history began.\n")
			} else {
				fmt.Fprintf(&b, "Further bars until the seed weighs less than 1e-9: %d\n", n)
			}
		}
	}
	fmt.Fprintf(&b, "Source: %s\n\nExamples\n", r.Source)
	for _, e := range r.Examples {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	_, err := out.Write([]byte(b.String()))
	return err
}
