package bucket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"streamd/internal/s3test"
	"streamd/internal/seed"
)

// s3Server is a server that speaks as S3 does.
func s3Server(t *testing.T, objects map[string][]byte) {
	t.Helper()
	put := s3test.Bucket(t)
	for key, content := range objects {
		put(key, content)
	}
}

// timeless says nothing of when an object was changed.
var timeless time.Time

// googleServer answers as Google's JSON API does, in pages of two objects, and fails now and then.
func googleServer(t *testing.T, objects map[string][]byte) {
	t.Helper()
	keys := slices.Sorted(func(yield func(string) bool) {
		for k := range objects {
			if !yield(k) {
				return
			}
		}
	})
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests++; requests%3 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		describe := func(key string) string {
			return fmt.Sprintf(`{"name":%q,"size":"%d","etag":"e"}`, key, len(objects[key]))
		}
		rest, ok := strings.CutPrefix(r.URL.Path, "/storage/v1/b/candles/o")
		key := strings.TrimPrefix(rest, "/")
		b, there := objects[key]
		switch {
		case !ok || key != "" && !there:
			w.WriteHeader(http.StatusNotFound)
		case key != "" && r.FormValue("alt") == "media":
			http.ServeContent(w, r, "", timeless, bytes.NewReader(b))
		case key != "":
			fmt.Fprint(w, describe(key))
		default:
			var found []string
			for _, k := range keys {
				if strings.HasPrefix(k, r.FormValue("prefix")) && k > r.FormValue("pageToken") {
					found = append(found, k)
				}
			}
			next := ""
			if len(found) > 2 {
				found = found[:2]
				next = found[1]
			}
			items := make([]string, len(found))
			for i, k := range found {
				items[i] = describe(k)
			}
			fmt.Fprintf(w, `{"items":[%s],"nextPageToken":%q}`, strings.Join(items, ","), next)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(server.URL, "http://"))
}

// TestBuckets lists, finds and reads objects of the servers that there are for tests.
func TestBuckets(t *testing.T) {
	objects := map[string][]byte{
		"daily/AAPL.csv": []byte("0123456789"), "daily/BTC%2FUSDT.csv": []byte("ab"), "daily/_SUCCESS": []byte("x"),
		"daily/2024/AAPL.csv": []byte("c"), "daily/year=2024/MSFT.csv": []byte("d"), "other.csv": []byte("e"),
	}
	s3Server(t, objects)
	googleServer(t, objects)
	for _, scheme := range []string{"s3", "gs"} {
		b, err := Open(scheme, "candles")
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{
			"daily/AAPL.csv":  "daily/AAPL.csv",
			"daily/*.csv":     "daily/AAPL.csv daily/BTC%2FUSDT.csv",
			"daily/**/*.csv":  "daily/2024/AAPL.csv daily/AAPL.csv daily/BTC%2FUSDT.csv daily/year=2024/MSFT.csv",
			"daily/":          "daily/2024/AAPL.csv daily/AAPL.csv daily/BTC%2FUSDT.csv daily/year=2024/MSFT.csv",
			"d*/[A-L]???.csv": "daily/AAPL.csv",
			"**.csv": "daily/2024/AAPL.csv daily/AAPL.csv daily/BTC%2FUSDT.csv daily/year=2024/MSFT.csv " +
				"other.csv",
		} {
			found, err := Find(t.Context(), b, key)
			var keys []string
			for _, o := range found {
				keys = append(keys, o.Key)
				if o.Size != int64(len(objects[o.Key])) {
					t.Errorf("%s %s: size %d", scheme, o.Key, o.Size)
				}
			}
			slices.Sort(keys)
			if got := strings.Join(keys, " "); err != nil || got != want {
				t.Errorf("%s %s: %s, %v, want %s", scheme, key, got, err, want)
			}
		}
		if _, err := Find(t.Context(), b, "none.csv"); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", scheme, err)
		}
		if _, err := Find(t.Context(), b, "none*"); err == nil || !strings.Contains(err.Error(), "no object matches") {
			t.Errorf("%s: %v", scheme, err)
		}
		body, err := b.Read(t.Context(), "daily/AAPL.csv", 3, 4)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(body); string(got) != "3456" || err != nil {
			t.Errorf("%s: %q %v", scheme, got, err)
		}
		body.Close()
	}
	other, err := Open("s3", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Find(t.Context(), other, "*"); err == nil || !strings.Contains(err.Error(), `no bucket "nobody"`) {
		t.Errorf("%v", err)
	}
	if _, err := Open("az", "candles"); err == nil {
		t.Error("az without an account: no error")
	}
}

// memoryBucket is a bucket of one object.
type memoryBucket struct{ b []byte }

func (m memoryBucket) List(context.Context, string) iter.Seq2[Object, error] { return nil }

func (m memoryBucket) Stat(context.Context, string) (Object, error) { return Object{}, ErrNotFound }

func (m memoryBucket) Read(_ context.Context, _ string, from, n int64) (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(bytes.NewReader(m.b), from, n)), nil
}

// TestReader reads random places of an object, whatever was planned.
func TestReader(t *testing.T) {
	rng := seed.Rand(t)
	b := make([]byte, 3<<20)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	for range 30 {
		m := &memoryBucket{b[:1+rng.IntN(len(b))]}
		var cache Pieces
		r := NewObjectReader(t.Context(), m, Object{Key: "x", Size: int64(len(m.b))}, &cache)
		for range 20 {
			if rng.IntN(4) == 0 {
				var plan []ByteRange
				for range rng.IntN(5) {
					from := rng.Int64N(int64(len(m.b)))
					plan = append(plan, ByteRange{from, from + rng.Int64N(int64(len(m.b)))})
				}
				r.Plan(plan)
			}
			at := rng.IntN(len(m.b))
			p := make([]byte, rng.IntN(100_000))
			n, err := r.ReadAt(p, int64(at))
			want := m.b[at:min(len(m.b), at+len(p))]
			if !bytes.Equal(p[:n], want) || (err != nil) != (len(want) < len(p)) {
				t.Fatalf("%d bytes at %d of %d: %d, %v", len(p), at, len(m.b), n, err)
			}
		}
	}
}

// TestPlan reads what is close together by one request, and bounds each.
func TestPlan(t *testing.T) {
	r := NewObjectReader(t.Context(), memoryBucket{}, Object{Size: 100 << 20}, &Pieces{})
	r.Plan([]ByteRange{{40 << 20, 60 << 20}, {0, 1000}, {2000, 3000}, {5 << 20, 5<<20 + 1}, {90 << 20, 100 << 20}})
	want := []ByteRange{{0, 3000}, {5 << 20, 5<<20 + 1}, {40 << 20, 48 << 20}, {48 << 20, 56 << 20}, {56 << 20, 60 << 20}}
	if !slices.Equal(r.plan[:len(want)], want) || r.plan[len(r.plan)-1] != (ByteRange{100<<20 - TailBytes, 100 << 20}) {
		t.Errorf("%v", r.plan)
	}
}
