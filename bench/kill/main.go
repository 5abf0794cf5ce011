// Command kill breaks a running streamd on a real broker, over and over, while
// candles keep coming, and then compares its signals byte by byte with those of
// an uninterrupted run over the same input. A foreign client (franz-go) writes
// the candles and reads both signal topics, committed transactions only.
//
//	go run ./bench/kill -variant kill -faults 200
//	go run ./bench/kill -variant all  -faults 20
//
// The brokers are those of tools/kafka.sh, which must be up with the same
// KAFKA_PORT and KAFKA_STATE. It exits 1 when a signal is missing, doubled,
// different or out of order.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(log.Ltime)
	o := options{}
	variant := flag.String("variant", "kill", "one of "+strings.Join(variantNames(), ", ")+", or all")
	flag.StringVar(&o.Brokers, "brokers", "127.0.0.1:19092", "bootstrap brokers")
	flag.StringVar(&o.Binary, "streamd", "bin/streamd", "the daemon")
	flag.StringVar(&o.Tool, "kafka", "tools/kafka.sh", "starts and kills brokers")
	flag.IntVar(&o.Faults, "faults", 200, "how many")
	flag.IntVar(&o.Symbols, "symbols", 50, "of the candles")
	flag.IntVar(&o.Partitions, "partitions", 8, "of the input topic")
	flag.IntVar(&o.Rate, "rate", 500, "candles per second")
	flag.StringVar(&o.Delivery, "delivery", "exactly_once", "or at_least_once, where duplicates are no violation")
	flag.StringVar(&o.Session, "session", "3s",
		"session timeout; the broker's group.min.session.timeout.ms must allow it")
	flag.Uint64Var(&o.Seed, "seed", 1, "of the schedule and the prices")
	flag.StringVar(&o.Keep, "keep", "", "directory for the logs; a temporary one if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	names := []string{*variant}
	if *variant == "all" {
		names = variantNames()
	}
	bad := false
	for _, name := range names {
		rep, err := run(ctx, name, o)
		if errors.Is(err, errNoMount) {
			fmt.Printf("%s: %v\n", name, err)
			continue
		}
		if err != nil {
			log.Printf("%s: %v", name, err)
			bad = true
			continue
		}
		fmt.Println(rep)
		bad = bad || !rep.ok(o.Delivery)
	}
	if bad {
		os.Exit(1)
	}
}

func variantNames() []string {
	names := make([]string, len(variants))
	for i, v := range variants {
		names[i] = v.name
	}
	return names
}

// run puts one variant to the test.
func run(ctx context.Context, name string, o options) (report, error) {
	i := slices.IndexFunc(variants, func(v variant) bool { return v.name == name })
	if i < 0 {
		return report{}, fmt.Errorf("kill: unknown variant %q, there are %s", name, strings.Join(variantNames(), ", "))
	}
	r, err := newRig(ctx, name, o)
	if err != nil {
		return report{}, err
	}
	defer r.close()
	feeding, stopFeed := context.WithCancel(ctx)
	fed := make(chan error, 1)
	go func() { fed <- r.feed(feeding) }()
	faults := r.faultLoop(ctx, variants[i])
	stopFeed()
	if err := errors.Join(faults, <-fed); err != nil {
		return report{}, err
	}
	return r.verify(ctx)
}
