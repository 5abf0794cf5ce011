package bucket

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// s3 is a bucket of Amazon S3, or of a server that speaks as it does (MinIO, Ceph, R2, Garage).
type s3 struct {
	core minio.Core
	name string
}

// connectionsMax is how many connections a client keeps for the next requests: one for each worker.
const connectionsMax = 64

// openS3 reads the variables of Amazon's own tools.
func openS3(name string) (Bucket, error) {
	host, secure := "s3.amazonaws.com", true
	if endpoint := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL")); endpoint != "" {
		var err error
		if host, secure, err = endpointOf(endpoint); err != nil {
			return nil, err
		}
	}
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	transport.MaxIdleConnsPerHost = connectionsMax
	client, err := minio.New(host, &minio.Options{
		Creds: s3Credentials(), Secure: secure, Transport: transport,
		Region:     cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
		MaxRetries: retries,
	})
	if err != nil {
		return nil, err
	}
	return &s3{core: minio.Core{Client: client}, name: name}, nil
}

// retries is how often a request is made that fails for a while.
const retries = 4

// s3Credentials looks for keys in the environment, then in the files of the tools, then with the machine that it
// runs on. Nobody answers there on most machines, so it waits a second only.
func s3Credentials() *credentials.Credentials {
	providers := []credentials.Provider{
		&credentials.EnvAWS{}, &credentials.EnvMinio{}, &credentials.FileAWSCredentials{},
	}
	if !strings.EqualFold(os.Getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		quick := &http.Client{
			Timeout: time.Second,
			Transport: &http.Transport{
				DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, DisableKeepAlives: true,
			},
		}
		providers = append(providers, &credentials.IAM{Client: quick})
	}
	return credentials.NewChainCredentials(providers)
}

// List returns the objects whose keys begin so.
func (b *s3) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		options := minio.ListObjectsOptions{Prefix: prefix, Recursive: true}
		for o := range b.core.Client.ListObjects(ctx, b.name, options) {
			if o.Err != nil {
				yield(Object{}, b.wrap(o.Err))
				return
			}
			if !yield(Object{Key: o.Key, Size: o.Size, ETag: o.ETag}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Object{}, err)
		}
	}
}

// Stat returns one object.
func (b *s3) Stat(ctx context.Context, key string) (Object, error) {
	o, err := b.core.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	if err != nil {
		return Object{}, b.wrap(err)
	}
	return Object{Key: key, Size: o.Size, ETag: o.ETag}, nil
}

// Read returns n bytes from one on.
func (b *s3) Read(ctx context.Context, key string, from, n int64) (io.ReadCloser, error) {
	var options minio.GetObjectOptions
	if err := options.SetRange(from, from+n-1); err != nil {
		return nil, err
	}
	body, _, _, err := b.core.GetObject(ctx, b.name, key, options)
	if err != nil {
		return nil, b.wrap(err)
	}
	return body, nil
}

// wrap says in an error what the server means by its code.
func (b *s3) wrap(err error) error {
	answer := minio.ToErrorResponse(err)
	switch answer.Code {
	case minio.NoSuchKey:
		return ErrNotFound
	case minio.NoSuchBucket:
		return fmt.Errorf("no bucket %q", b.name)
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return fmt.Errorf("the bucket %q refuses it (%s): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "+
			"AWS_PROFILE", b.name, answer.Code)
	case "":
		return err
	}
	return fmt.Errorf("bucket %q: %s", b.name, cmp.Or(answer.Message, answer.Code))
}
