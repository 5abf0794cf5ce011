package web_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/VictoriaMetrics/metrics"

	"streamd/web"
)

// A server shows what it is given; here that is one signal.
func ExampleServer_Serve() {
	signals := web.NewSignals(metrics.NewSet())
	signals.Publish(
		[][]byte{
			[]byte(`{"id":"1","formula":"up","symbol":"AAPL","timeframe":"1m","timestamp":"2024-01-02T00:00:00Z"}`),
		},
	)
	server := web.New(web.Config{
		Loopback: true, Listen: "127.0.0.1:0", Signals: signals,
		Ready: func() (bool, string) { return true, "ready" },
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()

	answer, err := http.Get("http://" + l.Addr().String() + "/api/v1/signals?limit=1")
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	answer.Body.Close()
	fmt.Println(answer.StatusCode, len(body) > 0)
	stop()
	if err := <-done; err != nil {
		log.Fatal(err)
	}
	// Output: 200 true
}
