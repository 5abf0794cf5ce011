// Package redpanda says which requests Redpanda answers, for an in-process broker that is
// to stand for it in tests.
package redpanda

import "github.com/twmb/franz-go/pkg/kversion"

// newest are the versions in the handlers of Redpanda 24.3 (src/v/kafka/server/handlers).
var newest = map[int16]int16{
	0: 7, 1: 11, 2: 4, 3: 8, 8: 8, 9: 7, 10: 3, 11: 6, 12: 4, 13: 4, 14: 4, 15: 4, 16: 4, 17: 1, 18: 3, 19: 6, 20: 4,
	22: 3, 23: 3, 24: 3, 25: 1, 26: 3, 28: 3, 32: 4, 36: 2, 61: 0, 65: 0, 66: 0,
}

// Versions are the requests that it answers, up to which version. It knows no feature
// transaction.version, no topic ids, and names no refused records.
func Versions() *kversion.Versions {
	v := new(kversion.Versions)
	for key, version := range newest {
		v.SetMaxKeyVersion(key, version)
	}
	return v
}
