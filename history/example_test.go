package history_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"streamd/history"
)

func ExampleData_Collect() {
	text := "symbol,timestamp,open,high,low,close,volume\n" +
		"MSFT,2024-01-02,370,376,368,371,25\n" +
		"AAPL,2024-01-02,187,188,183,186,82\n" +
		"AAPL,2024-01-03,184,186,183,184,58\n"
	tapes, _, err := history.Data{Paths: []string{"-"}, Stdin: strings.NewReader(text)}.Collect(context.Background(), 1)
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range tapes {
		fmt.Println(t.Key, t.Block.Close)
	}
	// Output:
	// AAPL 1d [186 184]
	// MSFT 1d [371]
}
