package replay

import (
	"encoding/json"
	"math"
	"time"

	"streamd/stream"
)

// Ratio is a number that may be undefined, which JSON shows as null.
type Ratio float64

// MarshalJSON writes null for what is not finite.
func (r Ratio) MarshalJSON() ([]byte, error) {
	if !finite(float64(r)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(r))
}

// Stats are the figures of trades and an equity curve. Rates are fractions,
// money is in the units of the cash. What has no value (a profit factor without
// a loss) is NaN here and null in JSON.
type Stats struct {
	Trades       int   `json:"trades"`
	WinRate      Ratio `json:"win_rate"`
	ProfitFactor Ratio `json:"profit_factor"` // gross profit by gross loss
	Expectancy   Ratio `json:"expectancy"`    // mean pnl of a trade
	CAGR         Ratio `json:"cagr"`
	Sharpe       Ratio `json:"sharpe"`       // of the returns bar by bar, annualised, without a risk-free rate
	Sortino      Ratio `json:"sortino"`      // the same, by the deviation below 0
	MaxDrawdown  Ratio `json:"max_drawdown"` // greatest loss from a peak, as a fraction of it
	Exposure     Ratio `json:"exposure"`     // share of the bars with a position
	Turnover     Ratio `json:"turnover"`     // value traded by mean equity, per year
	Return       Ratio `json:"return"`
	FinalEquity  Ratio `json:"final_equity"`
	AverageMAE   Ratio `json:"average_mae"`
	AverageMFE   Ratio `json:"average_mfe"`
	BuyAndHold   Held  `json:"buy_and_hold"`
}

// Held is what buying at the first open and holding to the last close gives,
// with the same cash and costs.
type Held struct {
	Return      Ratio `json:"return"`
	CAGR        Ratio `json:"cagr"`
	MaxDrawdown Ratio `json:"max_drawdown"`
}

// year is the mean length of one.
const year = 365.25 * 24 * float64(time.Hour)

// account is what Stats are computed from.
type account struct {
	cash    float64 // at the start
	times   []int64
	equity  []float64
	trades  []Trade
	traded  float64
	exposed int // bars with a position
	bars    int // bars in all
	held    []float64
	candles *stream.Block // for a report
}

// stats computes the figures.
func (a *account) stats() Stats {
	undefined := Ratio(math.NaN())
	s := Stats{
		Trades: len(a.trades), WinRate: undefined, ProfitFactor: undefined, Expectancy: undefined,
		Exposure: undefined, Turnover: undefined, Return: undefined, FinalEquity: undefined, AverageMAE: undefined,
		AverageMFE: undefined,
	}
	s.count(a.trades)
	years := 0.0
	if n := len(a.times); n > 1 {
		years = float64(a.times[n-1]-a.times[0]) / year
	}
	s.Return, s.CAGR, s.MaxDrawdown = growth(a.cash, a.equity, years)
	s.Sharpe, s.Sortino = riskAdjusted(a.equity, years)
	if n := len(a.equity); n > 0 {
		s.FinalEquity = Ratio(a.equity[n-1])
		s.Turnover = Ratio(a.traded / mean(a.equity) / years)
	}
	if a.bars > 0 {
		s.Exposure = Ratio(float64(a.exposed) / float64(a.bars))
	}
	s.BuyAndHold.Return, s.BuyAndHold.CAGR, s.BuyAndHold.MaxDrawdown = growth(a.cash, a.held, years)
	return s
}

// count fills in the figures of the trades.
func (s *Stats) count(trades []Trade) {
	if len(trades) == 0 {
		return
	}
	var wins int
	var profit, loss, total, mae, mfe float64
	for i := range trades {
		t := &trades[i]
		total += t.PnL
		mae, mfe = mae+t.MAE, mfe+t.MFE
		if t.PnL > 0 {
			wins++
			profit += t.PnL
		} else {
			loss -= t.PnL
		}
	}
	n := float64(len(trades))
	s.WinRate, s.Expectancy = Ratio(float64(wins)/n), Ratio(total/n)
	s.AverageMAE, s.AverageMFE = Ratio(mae/n), Ratio(mfe/n)
	if loss > 0 {
		s.ProfitFactor = Ratio(profit / loss)
	}
}

// growth returns the return, the yearly growth and the greatest drawdown of an
// equity curve.
func growth(cash float64, equity []float64, years float64) (total, cagr, drawdown Ratio) {
	if len(equity) == 0 {
		return Ratio(math.NaN()), Ratio(math.NaN()), Ratio(math.NaN())
	}
	final := equity[len(equity)-1] / cash
	total, cagr = Ratio(final-1), Ratio(math.NaN())
	if years > 0 && final >= 0 {
		cagr = Ratio(math.Pow(final, 1/years) - 1)
	}
	peak := cash
	for _, e := range equity {
		peak = max(peak, e)
		drawdown = max(drawdown, Ratio((peak-e)/peak))
	}
	return total, cagr, drawdown
}

// riskAdjusted returns Sharpe's and Sortino's ratio of the returns bar by bar.
// They are annualised by how many bars the calendar of the data has in a year.
func riskAdjusted(equity []float64, years float64) (sharpe, sortino Ratio) {
	sharpe, sortino = Ratio(math.NaN()), Ratio(math.NaN())
	n := len(equity)
	if n < 3 || years <= 0 {
		return sharpe, sortino
	}
	returns := make([]float64, 0, n-1)
	last := equity[0]
	for _, e := range equity[1:] {
		if last <= 0 {
			return sharpe, sortino // the account is lost, and has no returns
		}
		returns = append(returns, e/last-1)
		last = e
	}
	m := mean(returns)
	var variance, below float64
	for _, r := range returns {
		variance += (r - m) * (r - m)
		below += min(r, 0) * min(r, 0)
	}
	annual := math.Sqrt(float64(len(returns)) / years)
	if sd := math.Sqrt(variance / float64(len(returns)-1)); sd > 0 {
		sharpe = Ratio(m / sd * annual)
	}
	if down := math.Sqrt(below / float64(len(returns))); down > 0 {
		sortino = Ratio(m / down * annual)
	}
	return sharpe, sortino
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
