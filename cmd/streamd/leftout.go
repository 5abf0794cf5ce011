package main

import (
	"context"
	"fmt"

	"streamd/candle"
	"streamd/closing"
	"streamd/kafka"
	"streamd/replay"
	"streamd/topics"
)

// readLeftOut reads who was left out of bars that a daemon closed, from its topic of decisions; nobody where there is
// no such topic.
func readLeftOut(ctx context.Context, client *kafka.Client, topic string) (*replay.Omissions, error) {
	found, err := client.MatchTopics(ctx, []string{topic}, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("streamd: topic %s: %w", topic, err)
	}
	left := replay.NewOmissions()
	if len(found) == 0 {
		return left, nil
	}
	return left, topics.Read(ctx, client, topic, func(_ kafka.TopicPartition, r *kafka.Record) error {
		d, ok := closing.ParseOmission(r.Value)
		if !ok {
			return nil
		}
		tf, ok := candle.LookupTimeframe(d.Timeframe)
		switch {
		case !ok:
		case d.Symbol != "":
			left.AddSymbol(tf, "sym:"+d.Symbol, d.At, *d.AsOf)
		default:
			left.Add(tf, d.Universe, d.At, d.LeftOut)
		}
		return nil
	})
}
