package replay

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ParseShare reads 0.05 or 5%, and says whether it was written in percent.
func ParseShare(s string) (value float64, percent bool, err error) {
	text, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	value, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err == nil && (math.IsNaN(value) || math.IsInf(value, 0)) {
		err = strconv.ErrRange
	}
	if err != nil {
		return 0, percent, errors.New("want a fraction as 0.05, or 5%")
	}
	if percent {
		value /= 100
	}
	return value, percent, nil
}

// ParseSize reads what a trade takes: a share of the account (50%), a sum of money (2500),
// "equal", or a risk with the distance that it is lost over (risk:1%@atr(14)*2).
func (r *TradingRules) ParseSize(s string) error {
	if s == "equal" {
		r.Equal = true
		return nil
	}
	if text, ok := strings.CutPrefix(s, "risk:"); ok {
		text, distance, _ := strings.Cut(text, "@")
		risk, _, err := ParseShare(text)
		if distance = strings.TrimSpace(distance); err != nil || !(risk > 0) || distance == "" {
			return errors.New("want a share and a distance in price, as risk:1%@atr(14)*2")
		}
		r.Risk, r.RiskDistance = risk, distance
		return nil
	}
	size, percent, err := ParseShare(s)
	switch {
	case err != nil || !(size > 0):
		return errors.New("want a share of the account as 50%, a sum of money as 2500, equal, or risk:1%@atr(14)*2")
	case percent || size <= 1:
		r.Size = size
	default:
		r.Amount = size
	}
	return nil
}
