package replay_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"streamd/history"
	"streamd/replay"
	"streamd/stream"
)

func ExampleScan() {
	data := "timestamp,open,high,low,close,volume\n" +
		"2024-01-02,10,11,9,10,1\n2024-01-03,10,12,10,12,1\n2024-01-04,12,12,8,9,1\n"
	results, _, err := replay.Scan(context.Background(), &replay.Job{
		Data:     history.Data{Paths: []string{"-"}, Stdin: strings.NewReader(data)},
		Formulas: []stream.Formula{{Name: "up", Expression: "close > close[1]"}},
		Workers:  1,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range results {
		for i := range r.Matches {
			fmt.Println(r.Matches[i].Formula().Name, r.Matches[i].Candle.Close)
		}
	}
	// Output: up 12
}
