package main

import (
	"strings"
	"testing"

	"streamd/kafka"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Only a transaction that is open can be ended, and who mistypes its id is told which there are.
func TestMustBeOpen(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "signals"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := mustBeOpen(t.Context(), client, "stuck"); err == nil || !strings.Contains(err.Error(), "none of another") {
		t.Errorf("nothing is open: %v", err)
	}
	p, err := client.Producer(t.Context(), kafka.ProducerConfig{TransactionalID: "stuck"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Begin(); err != nil {
		t.Fatal(err)
	}
	if err := p.Add(t.Context(), &kafka.ProducerRecord{Topic: "signals", Value: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := mustBeOpen(t.Context(), client, "stuck"); err != nil {
		t.Error(err)
	}
	if err := mustBeOpen(t.Context(), client, "stick"); err == nil || !strings.Contains(err.Error(), `those of "stuck"`) {
		t.Errorf("another one is open: %v", err)
	}
}
