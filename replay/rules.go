package replay

import (
	"errors"
	"fmt"
	"math"
)

// TradingRules say how signals become trades. Fractions are of 1: a stop of 5 % is
// 0.05; 0 switches stop, target, trail and the limit of bars off.
type TradingRules struct {
	Side     Side
	Cash     float64 // at the start: of each symbol, or of the one purse
	Fee      float64 // of the value, on both sides
	Slippage float64 // by which market and stop fills are worse
	Stop     float64 // loss from the entry price
	Target   float64 // gain from the entry price
	Trail    float64 // loss from the best close so far
	BarsMax  int     // bars after the entry's at whose open the position is closed
	Splits   SplitPolicy

	// What a trade takes is one of these, as far as the cash goes.
	Size   float64 // share of the account, 0 to 1
	Amount float64 // fixed sum of money
	Equal  bool    // the account divided by PositionsMax; of one purse only
	Risk   float64 // share of the account that is lost if the price moves by RiskDistance
	// RiskDistance is the expression of that move, in price, on the bar of the signal.
	RiskDistance string

	// Portfolio trades all symbols from one purse of Cash, at most PositionsMax of them
	// at a time (0: all). When there are more entries than places, those with the greatest
	// value of Rank on the bar of the signal come first.
	Portfolio    bool
	PositionsMax int
	Rank         string
}

// SplitPolicy says what becomes of a position when the price jumps by splitRatio or more
// between a close and the next open, which is taken for a split in unadjusted prices.
type SplitPolicy string

// The policies on splits.
const (
	SplitsStop   SplitPolicy = "stop"   // closed at the last close before; the default
	SplitsIgnore SplitPolicy = "ignore" // the jump is a gain or a loss like any other
	SplitsAdjust SplitPolicy = "adjust" // units and prices change by the nearest whole ratio
)

// ParseSplitPolicy reads a policy; "" is the default.
func ParseSplitPolicy(s string) (SplitPolicy, error) {
	switch p := SplitPolicy(s); p {
	case "":
		return SplitsStop, nil
	case SplitsStop, SplitsIgnore, SplitsAdjust:
		return p, nil
	}
	return "", fmt.Errorf("replay: unknown split policy %q: want stop, ignore or adjust", s)
}

// PositionsLimit is the greatest PositionsMax.
const PositionsLimit = 100_000

// Check fills in the default of Splits and reports the first rule out of its limits.
func (r *TradingRules) Check() (err error) {
	if r.Splits, err = ParseSplitPolicy(string(r.Splits)); err != nil {
		return err
	}
	switch {
	case r.Side != Long && r.Side != Short:
		return fmt.Errorf("replay: unknown side %q: want long or short", r.Side)
	case !(r.Cash > 0) || math.IsInf(r.Cash, 0):
		return fmt.Errorf("replay: cash %v is not above 0", r.Cash)
	case r.BarsMax < 0:
		return fmt.Errorf("replay: at most %d bars is below 0", r.BarsMax)
	case r.PositionsMax < 0 || r.PositionsMax > PositionsLimit:
		return fmt.Errorf("replay: %d positions at most is not within 0 to %d", r.PositionsMax, PositionsLimit)
	case !r.Portfolio && (r.PositionsMax > 0 || r.Rank != "" || r.Equal):
		return errors.New("replay: a limit of positions, a rank and equal sizes need a portfolio")
	}
	if err := r.checkSize(); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value float64
	}{{"fee", r.Fee}, {"slippage", r.Slippage}, {"stop", r.Stop}, {"trail", r.Trail}} {
		if !(f.value >= 0 && f.value < 1) {
			return fmt.Errorf("replay: %s %v is not within 0 to 1", f.name, f.value)
		}
	}
	if !(r.Target >= 0) || r.Side == Short && r.Target >= 1 {
		return fmt.Errorf("replay: target %v cannot be reached", r.Target)
	}
	return nil
}

func (r *TradingRules) checkSize() error {
	switch {
	case r.Equal:
		return nil
	case r.Risk != 0:
		if !(r.Risk > 0 && r.Risk <= 1) {
			return fmt.Errorf("replay: risk %v is not within 0 to 100 %%", r.Risk)
		}
		if r.RiskDistance == "" {
			return errors.New("replay: a size by risk needs the expression of the distance")
		}
	case r.Amount == 0 && !(r.Size > 0 && r.Size <= 1):
		return fmt.Errorf("replay: size %v is not within 0 to 100 %%", r.Size)
	case !(r.Amount >= 0) || math.IsInf(r.Amount, 0):
		return fmt.Errorf("replay: size %v is below 0", r.Amount)
	}
	return nil
}

// dust is the share of the cash at the start below which an account counts as empty: it
// is what rounding leaves of one.
const dust = 1e-9

// units returns how many units a trade takes at a price, 0 for no trade: of an account
// worth equity, of which free is in no position; distance is what RiskDistance gave.
func (r *TradingRules) units(equity, free, price, distance float64) float64 {
	money := equity * r.Size
	switch {
	case r.Equal:
		money = equity / float64(r.PositionsMax)
	case r.Risk > 0:
		if !(distance > 0) {
			return 0
		}
		money = equity * r.Risk / distance * price * (1 + r.Fee)
	case r.Amount > 0:
		money = r.Amount
	}
	if money = min(money, free); !(price > 0) || !(money > dust*r.Cash) {
		return 0
	}
	return money / (price * (1 + r.Fee))
}
