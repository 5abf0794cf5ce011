package main

import (
	"fmt"
	"slices"
	"strings"

	"streamd/formula"
	"streamd/incremental"
	"streamd/incremental/catalog"

	"github.com/spf13/cobra"
)

func functionsCommand() *cobra.Command {
	var output string
	var pine bool
	c := &cobra.Command{
		Use:   "functions [NAME] [--pine] [-o json]",
		Short: "List every function of the language, or describe one",
		Args:  cobra.MaximumNArgs(1), ValidArgsFunction: completeFunctions,
		RunE: func(c *cobra.Command, args []string) error {
			out := c.OutOrStdout()
			rows := formula.Documented(catalog.New())
			if output != "" && output != "table" && output != "json" {
				return usage{fmt.Errorf("streamd: -o %s: functions writes table or json", output)}
			}
			if pine {
				return listPine(out, args, output == "json")
			}
			if len(args) == 1 {
				i := slices.IndexFunc(rows, func(r *incremental.Row) bool { return r.Name == strings.ToLower(args[0]) })
				if i < 0 {
					var names []string
					for _, r := range rows {
						names = append(names, r.Name)
					}
					hint := formula.DidYouMean(args[0], names)
					if hint == "" {
						hint = "streamd functions lists them"
					}
					return usage{fmt.Errorf("streamd: no function %q; %s", args[0], hint)}
				}
				rows = rows[i : i+1]
			}
			switch {
			case output == "json":
				return writeGrammar(out, rows, len(args) == 1)
			case len(args) == 1:
				return describe(out, rows[0])
			}
			return listFunctions(out, rows)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "table, or json for editors")
	c.Flags().BoolVar(&pine, "pine", false, "what the names of Pine are here; NAME is a part of one")
	return c
}

// listFunctions prints a line for each function, by group.
func listFunctions(out writer, rows []*incremental.Row) error {
	var groups []string
	lines := map[string]string{}
	for _, r := range rows {
		if lines[r.Group] == "" {
			groups = append(groups, r.Group)
		}
		lines[r.Group] += fmt.Sprintf("  %-52s %s\n", formula.Signature(r), r.Title)
	}
	for _, g := range groups {
		if _, err := fmt.Fprintf(out, "\n%s\n%s", g, lines[g]); err != nil {
			return err
		}
	}
	return nil
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
		switch n := bound.Warmup(formula.WarmupEps); {
		case n >= incremental.NeverForgets:
			b.WriteString("Warm-up: it never forgets where the history began\n")
		case n == 0:
			b.WriteString("Warm-up: none, the bars before its window do not matter\n")
		default:
			fmt.Fprintf(&b, "Warm-up: %d further bars until the seed weighs less than %g\n", n, formula.WarmupEps)
		}
	}
	fmt.Fprintf(&b, "Source: %s\n", r.Source)
	if r.Differs != "" {
		fmt.Fprintf(&b, "TA-Lib differs: %s\n", r.Differs)
	}
	b.WriteString("\nExamples\n")
	for _, e := range r.Examples {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	_, err := out.Write([]byte(b.String()))
	return err
}
