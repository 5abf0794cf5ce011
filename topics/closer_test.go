package topics

import (
	"testing"

	"streamd/candle"
)

func TestCloser(t *testing.T) {
	var c Closer
	for i, step := range []struct {
		symbol      string
		time, close int64
		closed      float64 // of the bar that comes back, 0 for none
	}{
		{"A", 1, 10, 0}, {"B", 1, 11, 0}, {"A", 1, 12, 0}, {"A", 2, 13, 12}, {"A", 1, 14, 14}, {"B", 3, 15, 11},
	} {
		got, ok := c.Take(&candle.Message{
			Symbol: []byte(step.symbol), Candle: candle.Candle{Time: step.time, Close: float64(step.close)},
		})
		if ok != (step.closed != 0) || ok && got.Close != step.closed {
			t.Errorf("step %d: %v %v, want %v", i, got, ok, step.closed)
		}
	}
}
