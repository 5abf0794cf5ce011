package replay

import "time"

// Side is the direction of a position.
type Side string

// The sides of a position.
const (
	Long  Side = "long"
	Short Side = "short"
)

// ExitReason says what ended a trade.
type ExitReason string

// The reasons of an exit.
const (
	ExitSignal     ExitReason = "signal"
	ExitStop       ExitReason = "stop"
	ExitTarget     ExitReason = "target"
	ExitTrail      ExitReason = "trail"
	ExitBarsMax    ExitReason = "max_bars"
	ExitSplit      ExitReason = "split"       // at the last close before it
	ExitMarginCall ExitReason = "margin_call" // the account was worth nothing
	ExitEnd        ExitReason = "end"
)

// Trade is a position from its entry to its exit. Size is in units. PnL is net of the
// fees on both sides, and after a margin call no more than the account had. Return is
// the PnL by the value at the entry. MAE and MFE are the greatest moves against and for
// the position while it was held, as fractions of the entry price.
type Trade struct {
	Symbol     string     `json:"symbol"`
	Side       Side       `json:"side"`
	EntryTime  time.Time  `json:"entry_time"`
	EntryPrice float64    `json:"entry_price"`
	ExitTime   time.Time  `json:"exit_time"`
	ExitPrice  float64    `json:"exit_price"`
	Size       float64    `json:"size"`
	PnL        float64    `json:"pnl"`
	Return     float64    `json:"return"`
	Bars       int        `json:"bars"`
	ExitReason ExitReason `json:"exit_reason"`
	MAE        float64    `json:"mae"`
	MFE        float64    `json:"mfe"`
	Fees       float64    `json:"fees"`
	Slippage   float64    `json:"slippage"` // what worse fills cost

	// Splits and Holes count the breaks of the price series that the trade ran into.
	Splits int `json:"splits,omitempty"`
	Holes  int `json:"holes,omitempty"`
}
