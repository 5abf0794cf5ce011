//go:build azure

package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// azure is a container of Azure Blob Storage.
type azure struct {
	client *container.Client
	name   string
}

// openAzure takes the variables of Azure's own tools: AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with
// AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN.
func openAzure(name string) (Bucket, error) {
	if text := os.Getenv("AZURE_STORAGE_CONNECTION_STRING"); text != "" {
		c, err := azblob.NewClientFromConnectionString(text, nil)
		if err != nil {
			return nil, err
		}
		return &azure{c.ServiceClient().NewContainerClient(name), name}, nil
	}
	account := os.Getenv("AZURE_STORAGE_ACCOUNT")
	if account == "" {
		return nil, errors.New("az:// needs AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT")
	}
	address := fmt.Sprintf("https://%s.blob.core.windows.net/%s", account, name)
	if key := os.Getenv("AZURE_STORAGE_KEY"); key != "" {
		shared, err := azblob.NewSharedKeyCredential(account, key)
		if err != nil {
			return nil, err
		}
		c, err := container.NewClientWithSharedKeyCredential(address, shared, nil)
		return &azure{c, name}, err
	}
	if token := os.Getenv("AZURE_STORAGE_SAS_TOKEN"); token != "" {
		address += "?" + token
	}
	c, err := container.NewClientWithNoCredential(address, nil)
	return &azure{c, name}, err
}

// List returns the objects whose keys begin so.
func (b *azure) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		pages := b.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &prefix})
		for pages.More() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Object{}, b.wrap(err))
				return
			}
			for _, item := range page.Segment.BlobItems {
				if item.Name == nil || item.Properties == nil {
					continue
				}
				if !yield(azureObject(*item.Name, item.Properties.ContentLength, item.Properties.ETag), nil) {
					return
				}
			}
		}
	}
}

func azureObject(key string, size *int64, tag *azcore.ETag) Object {
	o := Object{Key: key}
	if size != nil {
		o.Size = *size
	}
	if tag != nil {
		o.ETag = string(*tag)
	}
	return o
}

// Stat returns one object.
func (b *azure) Stat(ctx context.Context, key string) (Object, error) {
	o, err := b.client.NewBlobClient(key).GetProperties(ctx, nil)
	if err != nil {
		return Object{}, b.wrap(err)
	}
	return azureObject(key, o.ContentLength, o.ETag), nil
}

// Read returns n bytes from one on.
func (b *azure) Read(ctx context.Context, key string, from, n int64) (io.ReadCloser, error) {
	o, err := b.client.NewBlobClient(key).DownloadStream(ctx, &azblob.DownloadStreamOptions{
		Range: azblob.HTTPRange{Offset: from, Count: n},
	})
	if err != nil {
		return nil, b.wrap(err)
	}
	return o.Body, nil
}

func (b *azure) wrap(err error) error {
	if bloberror.HasCode(err, bloberror.BlobNotFound, bloberror.ResourceNotFound) {
		return ErrNotFound
	}
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return fmt.Errorf("container %q: %s", b.name, answer.ErrorCode)
	}
	return err
}
