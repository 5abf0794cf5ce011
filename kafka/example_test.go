package kafka_test

import (
	"context"
	"fmt"
	"log"

	"github.com/twmb/franz-go/pkg/kfake"

	"streamd/kafka"
)

// One record goes to a broker and comes back. The broker here is an embedded one; any address list works.
func ExampleOpen() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "candles"))
	if err != nil {
		log.Fatal(err)
	}
	defer broker.Close()
	client, err := kafka.Open(kafka.Config{Brokers: broker.ListenAddrs()})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx := context.Background()
	producer, err := client.Producer(ctx, kafka.ProducerConfig{})
	if err != nil {
		log.Fatal(err)
	}
	if err := producer.Add(ctx, &kafka.ProducerRecord{Topic: "candles", Key: []byte("AAPL"), Value: []byte("a candle")}); err != nil {
		log.Fatal(err)
	}
	if err := producer.Flush(ctx); err != nil {
		log.Fatal(err)
	}

	fetcher := client.Fetcher(kafka.FetcherConfig{ReadCommitted: true})
	defer fetcher.Close()
	fetcher.Add(kafka.TopicPartition{Topic: "candles"}, 0)
	part, err := fetcher.Poll(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer part.Release()
	var r kafka.Record
	for part.Next(&r) {
		fmt.Printf("%s %d: %s\n", r.Key, r.Offset, r.Value)
	}
	// Output: AAPL 0: a candle
}
