package across

// Statistic is what a Vector says of a bar.
type Statistic uint8

// Value, Above and Below differ by member, and are na for whoever is none: its own value, and how many members are
// clearly greater and smaller. The others are the same for everybody on a bar. Magnitude is the greatest size that
// any value was made from, for comparisons of sums and means. With fewer than two values all are na.
const (
	Value Statistic = iota
	Above
	Below
	Count
	Sum
	Mean
	Median
	Stdev
	Magnitude
	StatisticCount int = iota
)

var statisticNames = [StatisticCount]string{
	"value", "above", "below", "count", "sum", "mean", "median", "stdev", "magnitude",
}

// String returns the statistic as names of columns have it.
func (s Statistic) String() string { return statisticNames[s] }

// PerMember reports whether members have different values.
func (s Statistic) PerMember() bool { return s <= Below }
