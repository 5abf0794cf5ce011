package candle

// Defect says why a message or a candle is bad. Reason is a short, stable
// snake_case code, fit for a metric label and for the header of a dead letter;
// Detail is the sentence with the values.
type Defect struct {
	Reason string
	Detail string
}

// Error returns the detail with the package's name before it.
func (d *Defect) Error() string { return "candle: " + d.Detail }

// The reasons of a Defect.
const (
	ReasonNotParseable     = "not_parseable"       // not one complete JSON value
	ReasonDuplicateKey     = "duplicate_key"       // a key that is read occurs twice in one object
	ReasonTooDeep          = "too_deep"            // nesting over MaxDepth
	ReasonTooLong          = "too_long"            // more candles in one message than MaxCandles
	ReasonNullValue        = "null_value"          // a Kafka tombstone, or JSON null as the message
	ReasonNullField        = "null_field"          // a field that is read is null
	ReasonMissingField     = "missing_field"       // a field that is needed is absent
	ReasonNotANumber       = "not_a_number"        // other than a decimal number, hex and underscores included
	ReasonNaN              = "nan"                 // NaN, as a value or in words
	ReasonInfinite         = "infinite"            // infinite, in words or by overflow
	ReasonNegativePrice    = "negative_price"      // open, high, low or close below zero
	ReasonNegativeVolume   = "negative_volume"     // volume below zero
	ReasonHighBelowLow     = "high_below_low"      // high < low
	ReasonCloseOutside     = "close_outside_range" // close < low or close > high
	ReasonBadTime          = "bad_time"            // neither RFC 3339 nor an epoch
	ReasonTimeRange        = "time_out_of_range"   // before 1970 or after 2200
	ReasonSymbolEmpty      = "symbol_empty"        // "", or none anywhere
	ReasonSymbolTooLong    = "symbol_too_long"     // over MaxSymbolBytes
	ReasonSymbolNotUTF8    = "symbol_not_utf8"     // bytes that are no UTF-8
	ReasonSymbolControl    = "symbol_control"      // control characters inside
	ReasonSymbolNotText    = "symbol_not_text"     // a number, a bool, an object
	ReasonUnknownTimeframe = "unknown_timeframe"   // none anywhere, or not one of ours
	ReasonClosedNotBool    = "closed_not_bool"     // a closed flag that is no bool
)
