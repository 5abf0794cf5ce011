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
// a loss) is NaN here and null in JSON, and so are annual figures (CAGR, Sharpe,
// Sortino, Calmar, Turnover) of less than AnnualMin.
type Stats struct {
	Start            time.Time `json:"start,omitzero"` // first bar
	End              time.Time `json:"end,omitzero"`   // last bar
	Trades           int       `json:"trades"`
	WinRate          Ratio     `json:"win_rate"`
	ProfitFactor     Ratio     `json:"profit_factor"` // gross profit by gross loss
	Expectancy       Ratio     `json:"expectancy"`    // mean pnl of a trade
	BestTrade        Ratio     `json:"best_trade"`    // greatest return of a trade
	WorstTrade       Ratio     `json:"worst_trade"`
	AverageBars      Ratio     `json:"average_bars"` // that a trade lasts
	SQN              Ratio     `json:"sqn"`          // mean pnl / its deviation · √trades (Van Tharp)
	Kelly            Ratio     `json:"kelly"`        // share of the account to stake, by win rate and mean win and loss
	CAGR             Ratio     `json:"cagr"`
	Sharpe           Ratio     `json:"sharpe"`       // of the returns bar by bar, annualised, without a risk-free rate
	Sortino          Ratio     `json:"sortino"`      // the same, by the deviation below 0
	Calmar           Ratio     `json:"calmar"`       // CAGR by MaxDrawdown
	MaxDrawdown      Ratio     `json:"max_drawdown"` // greatest loss from a peak, as a fraction of it
	LongestDrawdown  Ratio     `json:"longest_drawdown_days"`
	Exposure         Ratio     `json:"exposure"` // share of the bars with a position
	Turnover         Ratio     `json:"turnover"` // value traded by mean equity, per year
	Return           Ratio     `json:"return"`
	FinalEquity      Ratio     `json:"final_equity"`
	Fees             Ratio     `json:"fees"`     // paid in all
	Slippage         Ratio     `json:"slippage"` // what worse fills cost in all
	AverageMAE       Ratio     `json:"average_mae"`
	AverageMFE       Ratio     `json:"average_mfe"`
	TradesWithSplits int       `json:"trades_with_splits"` // that ran into a split, see SplitPolicy
	TradesWithHoles  int       `json:"trades_with_holes"`  // that were held over missing bars
	BuyAndHold       Held      `json:"buy_and_hold"`
}

// Held is what buying at the first open and holding to the last close gives,
// with the same cash and costs.
type Held struct {
	Return      Ratio `json:"return"`
	CAGR        Ratio `json:"cagr"`
	MaxDrawdown Ratio `json:"max_drawdown"`
}

// MonthReturn is what an account gained in a month of UTC, as a fraction.
type MonthReturn struct {
	Month  string `json:"month"` // 2006-01
	Return Ratio  `json:"return"`
}

const (
	// AnnualMin is the least span of time from which annual figures are computed: from
	// less, luck is raised to a high power.
	AnnualMin = 30 * 24 * time.Hour
	// year is the mean length of one.
	year = 365.25 * 24 * float64(time.Hour)
)

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
	trader  *trader       // where all trade from one purse
}

// years returns the span of the account, NaN for one too short for annual figures. The
// last bar lasts as long as the one before.
func (a *account) years() float64 {
	n := len(a.times)
	if n < 2 {
		return math.NaN()
	}
	if span := a.times[n-1] - a.times[0]; span+a.times[n-1]-a.times[n-2] >= int64(AnnualMin) {
		return float64(span) / year
	}
	return math.NaN()
}

// stats computes the figures.
func (a *account) stats() Stats {
	s := Stats{Trades: len(a.trades)}
	for _, r := range [...]*Ratio{
		&s.WinRate, &s.ProfitFactor, &s.Expectancy, &s.BestTrade, &s.WorstTrade, &s.AverageBars, &s.SQN, &s.Kelly,
		&s.Calmar, &s.LongestDrawdown, &s.Exposure, &s.Turnover, &s.FinalEquity, &s.AverageMAE, &s.AverageMFE,
	} {
		*r = Ratio(math.NaN())
	}
	s.count(a.trades)
	years := a.years()
	s.Return, s.CAGR, s.MaxDrawdown = growth(a.cash, a.equity, years)
	s.Sharpe, s.Sortino = riskAdjusted(a.equity, years)
	if s.MaxDrawdown > 0 {
		s.Calmar = s.CAGR / s.MaxDrawdown
	}
	if n := len(a.equity); n > 0 {
		s.Start, s.End = time.Unix(0, a.times[0]).UTC(), time.Unix(0, a.times[n-1]).UTC()
		s.FinalEquity = Ratio(a.equity[n-1])
		s.Turnover = Ratio(a.traded / mean(a.equity) / years)
		s.LongestDrawdown = Ratio(float64(longestDrawdown(a.cash, a.times, a.equity)) / float64(24*time.Hour))
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
	var wins, losses int
	var profit, loss, mae, mfe, bars float64
	s.BestTrade, s.WorstTrade = Ratio(math.Inf(-1)), Ratio(math.Inf(1))
	for i := range trades {
		t := &trades[i]
		mae, mfe, bars = mae+t.MAE, mfe+t.MFE, bars+float64(t.Bars)
		s.Fees, s.Slippage = s.Fees+Ratio(t.Fees), s.Slippage+Ratio(t.Slippage)
		s.BestTrade, s.WorstTrade = max(s.BestTrade, Ratio(t.Return)), min(s.WorstTrade, Ratio(t.Return))
		switch {
		case t.PnL > 0:
			wins++
			profit += t.PnL
		case t.PnL < 0:
			losses++
			loss -= t.PnL
		}
		if t.Splits > 0 {
			s.TradesWithSplits++
		}
		if t.Holes > 0 {
			s.TradesWithHoles++
		}
	}
	n := float64(len(trades))
	average := (profit - loss) / n
	s.WinRate, s.Expectancy = Ratio(float64(wins)/n), Ratio(average)
	s.AverageMAE, s.AverageMFE, s.AverageBars = Ratio(mae/n), Ratio(mfe/n), Ratio(bars/n)
	if loss > 0 {
		s.ProfitFactor = Ratio(profit / loss)
	}
	if wins > 0 && losses > 0 {
		odds := profit / float64(wins) / (loss / float64(losses))
		s.Kelly = s.WinRate - (1-s.WinRate)/Ratio(odds)
	}
	variance := 0.0
	for i := range trades {
		variance += (trades[i].PnL - average) * (trades[i].PnL - average)
	}
	if sd := math.Sqrt(variance / (n - 1)); sd > 0 {
		s.SQN = Ratio(math.Sqrt(n) * average / sd)
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

// longestDrawdown returns the longest time from a peak to the bar that reaches it again,
// or to the end.
func longestDrawdown(cash float64, times []int64, equity []float64) (longest int64) {
	peak, since := cash, times[0]
	for i, e := range equity {
		if e < peak || i > 0 && equity[i-1] < peak {
			longest = max(longest, times[i]-since)
		}
		if e >= peak {
			peak, since = e, times[i]
		}
	}
	return longest
}

// monthly returns the return of every month that has a bar.
func (a *account) monthly() []MonthReturn {
	months := []MonthReturn{}
	before := a.cash
	for i, ns := range a.times {
		month := time.Unix(0, ns).UTC().Format("2006-01")
		if n := len(months); n == 0 || months[n-1].Month != month {
			if i > 0 {
				before = a.equity[i-1]
			}
			months = append(months, MonthReturn{Month: month})
		}
		months[len(months)-1].Return = Ratio(a.equity[i]/before - 1)
	}
	return months
}

// YearReturn is a line of a table of months. Months without a bar are NaN.
type YearReturn struct {
	Year   string
	Months [12]Ratio
	Return Ratio
}

// Years arranges monthly returns by year.
func Years(months []MonthReturn) []YearReturn {
	var years []YearReturn
	growth := 1.0
	for _, m := range months {
		at, err := time.Parse("2006-01", m.Month)
		if err != nil {
			panic("replay: " + err.Error()) // monthly writes them
		}
		year := m.Month[:4]
		if n := len(years); n == 0 || years[n-1].Year != year {
			y := YearReturn{Year: year}
			for i := range y.Months {
				y.Months[i] = Ratio(math.NaN())
			}
			years, growth = append(years, y), 1
		}
		y := &years[len(years)-1]
		y.Months[at.Month()-1] = m.Return
		if finite(float64(m.Return)) { // it is not once the account is lost
			growth *= 1 + float64(m.Return)
		}
		y.Return = Ratio(growth - 1)
	}
	return years
}

// riskAdjusted returns Sharpe's and Sortino's ratio of the returns bar by bar.
// They are annualised by how many bars the calendar of the data has in a year.
func riskAdjusted(equity []float64, years float64) (sharpe, sortino Ratio) {
	sharpe, sortino = Ratio(math.NaN()), Ratio(math.NaN())
	n := len(equity)
	if n < 3 || !(years > 0) {
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
