package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"streamd/incremental/catalog"
)

// listPine prints what the names of Pine are here: of all, or of those with the given text.
func listPine(out writer, args []string, asJSON bool) error {
	names := catalog.Pine()
	if len(args) == 1 {
		part := strings.ToLower(args[0])
		names = slices.DeleteFunc(names, func(p catalog.PineName) bool {
			return !strings.Contains(strings.ToLower(p.Pine), part)
		})
		if len(names) == 0 {
			return usage{fmt.Errorf("streamd: no name of Pine with %q; streamd functions --pine lists them", args[0])}
		}
	}
	if asJSON {
		text, err := json.MarshalIndent(map[string]any{"pine": names}, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n", text)
		return err
	}
	var b strings.Builder
	for _, p := range names {
		line := fmt.Sprintf("%-44s %s", p.Pine, p.Here)
		if p.Note != "" {
			line = fmt.Sprintf("%-44s %-40s %s", p.Pine, p.Here, p.Note)
		}
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	_, err := out.Write([]byte(b.String()))
	return err
}
