// Package s3test runs object storage on loopback, for tests.
package s3test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// Bucket starts a server that speaks as S3 does, with a bucket named candles, points the variables AWS_… at it, and
// returns what puts an object into the bucket.
func Bucket(t testing.TB) (put func(key string, content []byte)) {
	t.Helper()
	store := s3mem.New()
	if err := store.CreateBucket("candles"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(store, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "k")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
	t.Setenv("AWS_REGION", "us-east-1")
	return func(key string, content []byte) {
		t.Helper()
		target := server.URL + (&url.URL{Path: "/candles/" + key}).EscapedPath()
		r, err := http.NewRequest(http.MethodPut, target, bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(answer, err)
		}
		answer.Body.Close()
	}
}
