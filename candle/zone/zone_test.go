package zone_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"streamd/candle/zone"
)

// Zones are the same whatever the machine's environment says.
func TestLoadAsksNoMachine(t *testing.T) {
	t.Setenv("ZONEINFO", t.TempDir())
	t.Setenv("TZ", "Asia/Tokyo")
	l, err := zone.Load("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	got := time.Date(2024, 7, 1, 13, 30, 0, 0, time.UTC).In(l).Format(time.RFC3339)
	if want := "2024-07-01T09:30:00-04:00"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestUnknownZones(t *testing.T) {
	for _, name := range []string{"Local", "Mars/Olympus", "America", "America/", "../UTC", "america/new_york"} {
		_, err := zone.Load(name)
		var unknown *zone.Error
		if !errors.As(err, &unknown) || unknown.Name != name {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func ExampleLoad() {
	tokyo, _ := zone.Load("Asia/Tokyo")
	fmt.Println(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).In(tokyo).Format("15:04"))
	// Output: 09:00
}
