package live_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"streamd/candle/wire"
	"streamd/kafka"
	"streamd/live"
	"streamd/stream"
	"streamd/topics"

	"github.com/VictoriaMetrics/metrics"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
)

// A consumer reads candles from one topic and brings signals into another, here on an embedded broker.
func ExampleConsumer() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "candles", "signals"))
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	client, err := kafka.Open(kafka.Config{Brokers: broker.ListenAddrs()})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	rules, problems := stream.NewRules(stream.RulesConfig{Formulas: []stream.Formula{{Name: "up", Expression: "close > close[1]"}}})
	if len(problems) > 0 {
		log.Fatal(problems[0])
	}
	mapping, _ := wire.Format("flat")

	ctx, stop := context.WithCancel(context.Background())
	consumer := live.New(live.Config{
		Client: client, Group: "desk", TransactionalID: "desk-1", Delivery: live.ExactlyOnce,
		Topics: []topics.Source{{Name: "candles", Mapping: mapping}}, Signals: "signals", SessionTimeout: 6 * time.Second,
		Rules: rules, Log: zerolog.Nop(), Metrics: live.NewMetrics(metrics.NewSet()),
		Published: func(payloads [][]byte) {
			fmt.Println(len(payloads), "signal")
			stop()
		},
	})
	if err := produce(ctx, client, 10, 11); err != nil {
		log.Fatal(err)
	}
	if err := consumer.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: 1 signal
}

// produce sends daily candles at these prices.
func produce(ctx context.Context, client *kafka.Client, prices ...float64) error {
	producer, err := client.Producer(ctx, kafka.ProducerConfig{})
	if err != nil {
		return err
	}
	for day, p := range prices {
		value := fmt.Sprintf(`{"symbol":"AAPL","timeframe":"1d","timestamp":"2024-01-%02dT00:00:00Z",`+
			`"open":%[2]g,"high":%[2]g,"low":%[2]g,"close":%[2]g,"volume":1}`, day+1, p)
		if err := producer.Add(ctx, &kafka.ProducerRecord{Topic: "candles", Key: []byte("AAPL"), Value: []byte(value)}); err != nil {
			return err
		}
	}
	return producer.Flush(ctx)
}
