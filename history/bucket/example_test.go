package bucket_test

import (
	"fmt"

	"streamd/history/bucket"
)

// Addresses of objects have a scheme, a bucket and a key, which may be a pattern.
func ExampleSplit() {
	scheme, name, key, err := bucket.Split("s3://candles/daily/*.parquet")
	fmt.Println(scheme, name, key, err)
	// Output: s3 candles daily/*.parquet <nil>
}
