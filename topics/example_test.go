package topics_test

import (
	"context"
	"fmt"
	"log"

	"github.com/twmb/franz-go/pkg/kfake"

	"streamd/kafka"
	"streamd/topics"
)

func ExampleRead() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "signals"))
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
	for _, value := range []string{"first", "second"} {
		if err := producer.Add(ctx, &kafka.ProducerRecord{Topic: "signals", Value: []byte(value)}); err != nil {
			log.Fatal(err)
		}
	}
	if err := producer.Flush(ctx); err != nil {
		log.Fatal(err)
	}

	// What is there when the reading begins, and no more.
	err = topics.Read(ctx, client, "signals", func(_ kafka.TopicPartition, r *kafka.Record) error {
		fmt.Println(r.Offset, string(r.Value))
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 0 first
	// 1 second
}
