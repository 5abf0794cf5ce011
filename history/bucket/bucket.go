// Package bucket reads objects of S3, Google Cloud Storage and Azure, and of the many servers that speak as S3 does.
//
//	b, err := bucket.Open("s3", "candles")
//	for object, err := range b.List(ctx, "daily/") { ... }
//	body, err := b.Read(ctx, object.Key, 0, object.Size)
//
// Credentials and addresses come from the environment variables and files that each provider's own tools use. Where
// there are none, requests are not signed, which is enough for public buckets.
package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// Bucket is a set of objects. Its methods may be called side by side.
type Bucket interface {
	// List returns the objects whose keys begin so, in the order of keys.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
	// Stat returns one object; the error is ErrNotFound where there is none.
	Stat(ctx context.Context, key string) (Object, error)
	// Read returns n bytes of an object from one on. The reader may end early where the object does.
	Read(ctx context.Context, key string, from, n int64) (io.ReadCloser, error)
}

// Object is what a bucket says of an object.
type Object struct {
	Key  string
	Size int64
	ETag string // changes with the content
}

// ErrNotFound is the error of an object that is not there.
var ErrNotFound = errors.New("no such object")

// Open returns a bucket by its scheme, s3, gs or az, and its name. No request is made yet.
func Open(scheme, name string) (Bucket, error) {
	switch scheme {
	case "s3":
		return openS3(name)
	case "gs":
		return openGoogle(name)
	case "az":
		return openAzure(name)
	}
	return nil, fmt.Errorf("no object storage is called %q: s3, gs and az are", scheme)
}

// Is reports whether a path is the address of objects, as s3://candles/daily/*.parquet.
func Is(path string) bool {
	scheme, _, ok := strings.Cut(path, "://")
	return ok && (scheme == "s3" || scheme == "gs" || scheme == "az")
}

// Split returns the parts of an address.
func Split(address string) (scheme, name, key string, err error) {
	scheme, rest, _ := strings.Cut(address, "://")
	name, key, _ = strings.Cut(rest, "/")
	if name == "" || key == "" {
		return "", "", "", fmt.Errorf("want %s://BUCKET/KEY, as %s://candles/daily/*.parquet", scheme, scheme)
	}
	return scheme, name, key, nil
}

// Find returns the objects of a key: one, those that a pattern matches, or where it ends in a slash those below it
// that are no marks of writers (_SUCCESS, .crc). In a pattern * and ? stand for what is no slash, ** for anything.
func Find(ctx context.Context, b Bucket, key string) ([]Object, error) {
	first := strings.IndexAny(key, "*?[")
	if first < 0 && !strings.HasSuffix(key, "/") {
		o, err := b.Stat(ctx, key)
		return []Object{o}, err
	}
	prefix := key
	match := func(key string) bool { return !hidden(key[len(prefix):]) }
	if first >= 0 {
		re, err := globExpression(key)
		if err != nil {
			return nil, err
		}
		prefix, match = key[:first], re.MatchString
	}
	var found []Object
	for o, err := range b.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if match(o.Key) && !strings.HasSuffix(o.Key, "/") {
			found = append(found, o)
		}
	}
	if len(found) == 0 {
		return nil, errors.New("no object matches")
	}
	return found, nil
}

func hidden(key string) bool {
	for _, part := range strings.Split(key, "/") {
		if strings.HasPrefix(part, "_") || strings.HasPrefix(part, ".") {
			return true
		}
	}
	return false
}

// globExpression makes an expression of a pattern.
func globExpression(glob string) (*regexp.Regexp, error) {
	if _, err := path.Match(glob, ""); err != nil {
		return nil, fmt.Errorf("the pattern %q has a [ without an end", glob)
	}
	var b strings.Builder
	b.WriteString(`\A`)
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case strings.HasPrefix(glob[i:], "**/"):
			b.WriteString(`(?:.*/)?`)
			i += 2
		case strings.HasPrefix(glob[i:], "**"):
			b.WriteString(`.*`)
			i++
		case c == '*':
			b.WriteString(`[^/]*`)
		case c == '?':
			b.WriteString(`[^/]`)
		case c == '[':
			end := i + strings.IndexByte(glob[i:], ']')
			b.WriteString(strings.ReplaceAll(glob[i:end+1], `\`, `\\`))
			i = end
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	b.WriteString(`\z`)
	return regexp.Compile(b.String())
}

// endpointOf cuts an address as http://127.0.0.1:9000 into host and whether it is secure.
func endpointOf(address string) (host string, secure bool, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false, fmt.Errorf("the endpoint %q is no http or https URL", address)
	}
	return u.Host, u.Scheme == "https", nil
}
