package config

import "testing"

func TestParseMemory(t *testing.T) {
	for text, want := range map[string]int64{
		"": 800e6, "80%": 800e6, "50 %": 500e6, "off": 0, "2GB": 2e9, "512 MB": 512e6, "1GiB": 1 << 30, "0.5GB": 500e6,
	} {
		if got, err := parseMemory(text, 1e9); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"80", "-1GB", "101%", "1MB", "much", "0%", "NaNGB", "1e300GB"} {
		if got, err := parseMemory(text, 1e9); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}
