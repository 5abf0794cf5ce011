// Command embed uses streamd as a library: it prints, for the files it is given, what an indicator ends at, on how many
// bars a formula holds, and the matches of an engine as JSON lines: the bytes that `streamd scan` writes.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"streamd"
)

const expression = "close > sma(close, 20) and rsi(close, 14) > 60"

func main() {
	log.SetFlags(0)
	rsi, err := streamd.Indicator("rsi", 14)
	if err != nil {
		log.Fatal(err)
	}
	engine, err := streamd.NewEngine(streamd.Rule{Name: "scan", Expression: expression})
	if err != nil {
		log.Fatal(err)
	}
	var candles []streamd.Candle
	last := 0.0
	for candle, err := range streamd.History(context.Background(), os.Args[1:]...) {
		if err != nil {
			log.Fatal(err)
		}
		candles = append(candles, candle)
		last = rsi.Next(candle.Close)
		matches, err := engine.Push(candle)
		if err != nil {
			log.Fatal(err)
		}
		for _, m := range matches {
			fmt.Println(string(m.JSON()))
		}
	}
	f, err := streamd.Compile(expression)
	if err != nil {
		log.Fatal(err)
	}
	values, err := f.Values(candles)
	if err != nil {
		log.Fatal(err)
	}
	bars := 0
	for _, v := range values {
		if v == 1 {
			bars++
		}
	}
	fmt.Fprintf(os.Stderr, "rsi(close, 14) ends at %.2f; true on %d of %d bars: %s\n", last, bars, len(values), f)
}
