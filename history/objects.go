package history

import (
	"context"
	"io"
	"strings"

	"streamd/history/bucket"
)

// object is where an input in object storage is.
type object struct {
	bucket bucket.Bucket
	bucket.Object
	cache *bucket.Pieces
}

// objects returns the inputs that an address of objects is, as s3://candles/daily/*.parquet.
func (h *history) objects(ctx context.Context, address string) ([]*input, error) {
	scheme, name, key, err := bucket.Split(address)
	if err != nil {
		return nil, err
	}
	b := h.buckets[scheme+"://"+name]
	if b == nil {
		if b, err = bucket.Open(scheme, name); err != nil {
			return nil, err
		}
		h.buckets[scheme+"://"+name] = b
	}
	h.cache.Count(1, 0)
	found, err := bucket.Find(ctx, b, key)
	if err != nil {
		return nil, err
	}
	var all []*input
	for _, o := range found {
		in := newInput(scheme + "://" + name + "/" + o.Key)
		if strings.HasSuffix(strings.ToLower(in.base), ".parquet") {
			in.format = "parquet" // its beginning is not looked at
		}
		in.object = &object{bucket: b, Object: o, cache: &h.cache}
		if in.pack == "zip" {
			members, err := h.zipMembers(in.name, in.object.reader(ctx), o.Size)
			if err != nil {
				h.fail(in, err)
			}
			all = append(all, members...)
			continue
		}
		all = append(all, in)
	}
	return all, nil
}

// reader reads the object at any place.
func (o *object) reader(ctx context.Context) *bucket.ObjectReader {
	return bucket.NewObjectReader(ctx, o.bucket, o.Object, o.cache)
}

// open reads the object from its beginning.
func (o *object) open(ctx context.Context) io.ReadCloser {
	return bucket.NewStream(ctx, o.bucket, o.Object, o.cache)
}
