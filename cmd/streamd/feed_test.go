package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"streamd/kafka"
)

const feedCSV = `symbol,timestamp,open,high,low,close,volume
B,2024-01-01T00:00:00Z,1,2,0.5,1.5,10
B,2024-01-01T00:01:00Z,1.5,2,1,2,11
A,2024-01-01T00:00:00Z,3,3,3,3,0
A,2024-01-01T00:01:00Z,3,4,3,4,1
`

// feedTo runs feed with arguments until it ends or so many records are in the topic, which it returns.
func feedTo(t *testing.T, records int, args ...string) []string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "candles.1m"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("candles.csv", []byte(feedCSV), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	command := root()
	command.SetArgs(append([]string{
		"feed", "--data", "candles.csv", "--topic", "candles.1m", "--brokers",
		cluster.ListenAddrs()[0],
	}, args...))
	ended := make(chan error, 1)
	go func() { ended <- command.ExecuteContext(ctx) }()
	client, err := kafka.Open(kafka.Config{Brokers: cluster.ListenAddrs()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	f := client.Fetcher(kafka.FetcherConfig{})
	defer f.Close()
	f.Add(kafka.TopicPartition{Topic: "candles.1m"}, 0)
	var got []string
	for len(got) < records {
		part, err := f.Poll(ctx)
		if err != nil {
			t.Fatalf("after %d records: %v", len(got), err)
		}
		var r kafka.Record
		for part.Next(&r) {
			got = append(got, fmt.Sprintf("%s %s", r.Key, r.Value))
		}
		part.Release()
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return got
}

func TestFeedSendsInTheOrderOfTime(t *testing.T) {
	got := strings.Join(feedTo(t, 4), "\n")
	want := `A {"symbol":"A","timeframe":"1m","timestamp":"2024-01-01T00:00:00Z","open":3,"high":3,"low":3,"close":3,"volume":0,"closed":true}
B {"symbol":"B","timeframe":"1m","timestamp":"2024-01-01T00:00:00Z","open":1,"high":2,"low":0.5,"close":1.5,"volume":10,"closed":true}
A {"symbol":"A","timeframe":"1m","timestamp":"2024-01-01T00:01:00Z","open":3,"high":4,"low":3,"close":4,"volume":1,"closed":true}
B {"symbol":"B","timeframe":"1m","timestamp":"2024-01-01T00:01:00Z","open":1.5,"high":2,"low":1,"close":2,"volume":11,"closed":true}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFeedLoopsInLaterDays(t *testing.T) {
	got := feedTo(t, 9, "--speed", "10000000", "--loop")
	if !strings.Contains(got[4], "2024-01-02T00:00:00Z") || !strings.Contains(got[8], "2024-01-03T00:00:00Z") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}
