package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"streamd/formula"
)

func fmtCommand() *cobra.Command {
	var write bool
	c := &cobra.Command{
		Use:   "fmt [-w] FILE | EXPR | -",
		Short: "Lay out a formula, given as text, as a file or (-) on standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			src, info := args[0], os.FileMode(0)
			st, err := os.Stat(args[0])
			isFile := err == nil && st.Mode().IsRegular()
			switch {
			case args[0] == "-":
				data, err := io.ReadAll(io.LimitReader(c.InOrStdin(), formula.LengthMax+1))
				if err != nil {
					return fmt.Errorf("streamd: %w", err)
				}
				src = string(data)
			case isFile:
				data, err := os.ReadFile(args[0])
				if err != nil {
					return fmt.Errorf("streamd: %w", err)
				}
				src, info = string(data), st.Mode()
			}
			out, d := formula.Format(src)
			if len(d) > 0 {
				return usage{fmt.Errorf("%s", d.Render(src))}
			}
			switch {
			case write && !isFile:
				return usage{fmt.Errorf("streamd: -w writes a file back; %q is none", args[0])}
			case write && out+"\n" == src:
				return nil
			case write:
				return os.WriteFile(args[0], []byte(out+"\n"), info.Perm())
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), out)
			return err
		},
	}
	c.Flags().BoolVarP(&write, "write", "w", false, "write the result back into FILE")
	return c
}
