package bucket

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2/google"
)

// gcs is a bucket of Google Cloud Storage, read by its JSON API
// (https://cloud.google.com/storage/docs/json_api/v1): Google's own client is 50 MB of program.
type gcs struct {
	name, endpoint string
	client         func() (*http.Client, error)
}

// gcsScope is what is asked for: reading.
const gcsScope = "https://www.googleapis.com/auth/devstorage.read_only"

// openGoogle takes the credentials that gcloud and Google's libraries take (GOOGLE_APPLICATION_CREDENTIALS, those of
// gcloud auth application-default login, the machine's), and the address of an emulator from STORAGE_EMULATOR_HOST.
func openGoogle(name string) (Bucket, error) {
	b := &gcs{name: name, endpoint: "https://storage.googleapis.com"}
	if host := os.Getenv("STORAGE_EMULATOR_HOST"); host != "" {
		if !strings.Contains(host, "://") {
			host = "http://" + host
		}
		b.endpoint = strings.TrimSuffix(host, "/")
		b.client = func() (*http.Client, error) { return http.DefaultClient, nil }
		return b, nil
	}
	b.client = sync.OnceValues(func() (*http.Client, error) {
		ctx := context.Background() // the client outlives the request that needed it first
		client, err := google.DefaultClient(ctx, gcsScope)
		if err != nil && os.Getenv("GOOGLE_APPLICATION_CREDENTIALS") != "" {
			return nil, err
		}
		if err != nil {
			return http.DefaultClient, nil
		}
		return client, nil
	})
	return b, nil
}

// gcsObject is an object as the API describes it.
type gcsObject struct {
	Name string `json:"name"`
	Size string `json:"size"`
	ETag string `json:"etag"`
}

func (o gcsObject) object() (Object, error) {
	size, err := strconv.ParseInt(o.Size, 10, 64)
	return Object{Key: o.Name, Size: size, ETag: o.ETag}, err
}

// List returns the objects whose keys begin so.
func (b *gcs) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		query := url.Values{"prefix": {prefix}, "fields": {"items(name,size,etag),nextPageToken"}}
		for {
			var page struct {
				Items         []gcsObject `json:"items"`
				NextPageToken string      `json:"nextPageToken"`
			}
			if err := b.json(ctx, "/o?"+query.Encode(), &page); err != nil {
				yield(Object{}, err)
				return
			}
			for _, item := range page.Items {
				if o, err := item.object(); !yield(o, err) || err != nil {
					return
				}
			}
			if page.NextPageToken == "" {
				return
			}
			query.Set("pageToken", page.NextPageToken)
		}
	}
}

// Stat returns one object.
func (b *gcs) Stat(ctx context.Context, key string) (Object, error) {
	var o gcsObject
	if err := b.json(ctx, "/o/"+url.PathEscape(key), &o); err != nil {
		return Object{}, err
	}
	return o.object()
}

// Read returns n bytes from one on.
func (b *gcs) Read(ctx context.Context, key string, from, n int64) (io.ReadCloser, error) {
	return b.get(ctx, "/o/"+url.PathEscape(key)+"?alt=media", fmt.Sprintf("bytes=%d-%d", from, from+n-1))
}

func (b *gcs) json(ctx context.Context, path string, into any) error {
	const most = 64 << 20 // a page has a thousand objects
	body, err := b.get(ctx, path, "")
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(io.LimitReader(body, most)).Decode(into)
}

// get asks for something, again after a while where the server says that it cannot just now.
func (b *gcs) get(ctx context.Context, path, span string) (io.ReadCloser, error) {
	client, err := b.client()
	if err != nil {
		return nil, err
	}
	for try, wait := 1, 200*time.Millisecond; ; try, wait = try+1, 2*wait {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet,
			b.endpoint+"/storage/v1/b/"+url.PathEscape(b.name)+path, nil)
		if err != nil {
			return nil, err
		}
		if span != "" {
			request.Header.Set("Range", span)
		}
		answer, err := client.Do(request)
		if err == nil && (answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusPartialContent) {
			return answer.Body, nil
		}
		lasting := false
		if err == nil {
			answer.Body.Close()
			err, lasting = b.refusal(answer.StatusCode)
		}
		if lasting || try == retries {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// refusal is the error of an answer, and whether it will stay so.
func (b *gcs) refusal(status int) (err error, lasting bool) {
	switch status {
	case http.StatusNotFound:
		return ErrNotFound, true
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("the bucket %q refuses it: set GOOGLE_APPLICATION_CREDENTIALS, or call "+
			"gcloud auth application-default login", b.name), true
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return fmt.Errorf("bucket %q: %s", b.name, http.StatusText(status)), false
	}
	return fmt.Errorf("bucket %q: %s", b.name, cmp.Or(http.StatusText(status), strconv.Itoa(status))), status < 500
}
