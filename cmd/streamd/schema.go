package main

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
	"github.com/spf13/cobra"

	"streamd/candle"
)

func configCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "About the configuration file", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of the configuration file", Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			out, err := json.MarshalIndent(configSchema(), "", "  ")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), string(out))
			return err
		},
	})
	return c
}

// configSchema describes the configuration file as the decoder reads it: by the
// YAML names, nothing unknown allowed.
func configSchema() *jsonschema.Schema {
	r := &jsonschema.Reflector{
		ExpandedStruct: true, FieldNameTag: "yaml",
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			switch t {
			case reflect.TypeFor[yaml.MapSlice](): // `name: expression`, in their order
				return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"}}
			case reflect.TypeFor[candle.Timeframe]():
				return &jsonschema.Schema{Type: "string", Examples: []any{"1m", "1h", "1d"}}
			}
			return nil
		},
	}
	return r.Reflect(&config{})
}
