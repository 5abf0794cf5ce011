package config_test

import (
	"fmt"

	"streamd/config"
)

// A text that does not come from a file is parsed; Load reads a file.
func Example() {
	doc, err := config.Parse("mine", []byte(`
kafka: {brokers: ["127.0.0.1:9092"], group: g, topics: [{name: candles.1m, timeframe: 1m}], signals: signals}
formulas: [{name: up, expression: close > open, mode: sometimes}]
log: {level: loud}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := config.ConfigurationOf(doc)
	fmt.Println(c.Inputs()[0].Name, c.SessionTimeout())
	fmt.Println(err)
	// Output:
	// candles.1m 10s
	// mine:4:14: "loud" is none of debug, info, warn, error
	//   log: {level: loud}
	//                ^^^^
}
