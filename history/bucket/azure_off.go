//go:build !azure

package bucket

import "errors"

// openAzure says how to get a program that reads from Azure: Azure's client makes it 7 MB larger.
func openAzure(string) (Bucket, error) {
	return nil, errors.New("az:// is not in this build: go build -tags azure ./cmd/streamd")
}
