package main

import (
	"encoding/json"
	"fmt"

	"streamd/formula"
	"streamd/incremental"
)

// writeGrammar writes the whole language for editors, or one function.
func writeGrammar(out writer, rows []*incremental.Row, one bool) error {
	g := formula.NewReference(rows, formula.NamedDefaults())
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	var err error
	if one {
		err = e.Encode(g.Functions[0])
	} else {
		err = e.Encode(g)
	}
	if err != nil {
		return fmt.Errorf("streamd: output: %w", err)
	}
	return nil
}
