package stream

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"streamd/candle"
)

// Match is the hit of a formula on a bar. It is a pure function of formula,
// series and candles, and so are its id and its payload: no clock, no instance
// and no offset go into them.
type Match struct {
	Series   candle.Series
	Candle   candle.Candle
	Intrabar bool // on a candle that was still forming
	resolve  bool // the match says that a signal has ended
	// Offset is the candle's place in the input, as Engine.Stage was told. It
	// is no part of the payload.
	Offset int64

	seq    int32  // of the candle among the staged ones
	bars   int32  // of a resolve: how many it is after the signal that it ends
	id     digest // once it is asked for; of a resolve: that of the signal that it ends
	rule   *rule
	values []float64 // of rule.watch
}

// Formula returns the formula that fired.
func (m *Match) Formula() *Formula { return m.rule.Formula }

// Value returns an indicator value of the match by its name or canonical text,
// and whether there is one that is not na.
func (m *Match) Value(name string) (float64, bool) {
	if m.resolve {
		return math.NaN(), false
	}
	for i, w := range m.rule.watch {
		if w.name == name {
			return m.values[i], finite(m.values[i])
		}
	}
	return math.NaN(), false
}

// Values calls f for every indicator value that is not na, in the order of the
// payload.
func (m *Match) Values(f func(name string, value float64)) {
	if m.resolve {
		return
	}
	for i, w := range m.rule.watch {
		if finite(m.values[i]) {
			f(w.name, m.values[i])
		}
	}
}

// ID returns the 32 hex digits that name the match: equal for equal matches,
// wherever and how often they are computed.
func (m *Match) ID() string { return string(m.appendID(nil)) }

func (m *Match) appendID(dst []byte) []byte {
	id := m.digest()
	return hex.AppendEncode(dst, id[:])
}

func (m *Match) digest() digest {
	if m.id != (digest{}) && !m.resolve {
		return m.id
	}
	var buf [256]byte
	b := hex.AppendEncode(buf[:0], m.rule.digest[:])
	b = append(b, m.Series.Symbol...)
	b = append(b, 0)
	b, _ = m.Series.Timeframe.AppendText(b)
	b = append(b, 0)
	for _, v := range [...]uint64{
		uint64(m.Candle.Time), math.Float64bits(m.Candle.Open), math.Float64bits(m.Candle.High),
		math.Float64bits(m.Candle.Low), math.Float64bits(m.Candle.Close), math.Float64bits(m.Candle.Volume),
	} {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	if m.Intrabar {
		b = append(b, 1)
	}
	if m.resolve {
		return m.resolveDigest(b)
	}
	sum := sha256.Sum256(b)
	m.id = digest(sum[:16])
	return m.id
}

// AppendJSON appends the SignalMatch message. It is the same bytes in Kafka, in
// a file and on a terminal.
func (m *Match) AppendJSON(dst []byte) []byte {
	if m.resolve {
		return m.appendResolve(dst)
	}
	dst = append(dst, `{"id":"`...)
	dst = m.appendID(dst)
	dst = append(dst, `","formula":`...)
	dst = appendText(dst, m.rule.Name)
	dst = append(dst, `,"signal_type":"`...)
	dst = append(dst, m.rule.signal()...)
	dst = append(dst, `","symbol":`...)
	dst = appendText(dst, m.Series.Symbol)
	dst = append(dst, `,"timeframe":"`...)
	dst, _ = m.Series.Timeframe.AppendText(dst)
	dst = append(dst, `","timestamp":"`...)
	dst = time.Unix(0, m.Candle.Time).UTC().AppendFormat(dst, time.RFC3339Nano)
	dst = append(dst, `","candle":`...)
	dst = appendPrices(dst, m.Candle)
	dst = append(dst, `,"indicator_values":{`...)
	first := true
	for i, w := range m.rule.watch {
		if !finite(m.values[i]) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, w.quote...)
		dst = appendNumber(dst, round10(m.values[i]))
	}
	dst = append(dst, `},"metadata":`...)
	dst = append(dst, m.rule.metadata...)
	if m.Intrabar {
		dst = append(dst, `,"intrabar":true`...)
	}
	return append(dst, '}')
}

// appendPrices prints the candle of a message.
func appendPrices(dst []byte, c candle.Candle) []byte {
	dst = append(dst, `{"open":`...)
	dst = appendNumber(dst, c.Open)
	dst = append(dst, `,"high":`...)
	dst = appendNumber(dst, c.High)
	dst = append(dst, `,"low":`...)
	dst = appendNumber(dst, c.Low)
	dst = append(dst, `,"close":`...)
	dst = appendNumber(dst, c.Close)
	dst = append(dst, `,"volume":`...)
	dst = appendNumber(dst, c.Volume)
	return append(dst, '}')
}

// Clone returns the match with memory of its own, to be kept beyond the output
// it stands in.
func (m *Match) Clone() Match {
	c := *m
	c.values = slices.Clone(m.values)
	return c
}

// Compare orders matches by timestamp, symbol, timeframe and formula, each RESOLVE behind the
// signals of its bar: the order in which scans and replays print them.
func (m *Match) Compare(o *Match) int {
	if c := cmp.Compare(m.Candle.Time, o.Candle.Time); c != 0 {
		return c
	}
	if c := strings.Compare(m.Series.Symbol, o.Series.Symbol); c != 0 {
		return c
	}
	if m.Series.Timeframe != o.Series.Timeframe {
		return strings.Compare(m.Series.Timeframe.String(), o.Series.Timeframe.String())
	}
	if m.resolve != o.resolve {
		if o.resolve {
			return -1
		}
		return 1
	}
	return strings.Compare(m.rule.Name, o.rule.Name)
}

func finite(x float64) bool { return x-x == 0 }

// round10 keeps 10 significant digits, so that the printed value is readable
// and equal however far back the run began.
func round10(x float64) float64 {
	var buf [32]byte
	y, err := strconv.ParseFloat(string(strconv.AppendFloat(buf[:0], x, 'e', 9, 64)), 64)
	if err != nil {
		panic("stream: rounding " + err.Error())
	}
	if y == 0 {
		return 0 // not -0
	}
	return y
}

// appendNumber prints as encoding/json does: shortest form that reads back
// equal, exponents only below 1e-6 and from 1e21.
func appendNumber(dst []byte, x float64) []byte {
	if !finite(x) {
		panic("stream: a number in a message must be finite")
	}
	if a := math.Abs(x); a != 0 && (a < 1e-6 || a >= 1e21) {
		dst = strconv.AppendFloat(dst, x, 'e', -1, 64)
		// encoding/json writes e-9, not e-09.
		if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
			dst[n-2] = dst[n-1]
			dst = dst[:n-1]
		}
		return dst
	}
	return strconv.AppendFloat(dst, x, 'f', -1, 64)
}

// appendText prints a JSON string. Symbols and names are valid UTF-8 without
// control characters by the time they come here; quotes and the characters that
// encoding/json escapes for HTML are escaped as it does.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20 || c == '<' || c == '>' || c == '&':
			const digits = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			dst = append(dst, s[i:i+n]...)
			i += n
			continue
		}
		i++
	}
	return append(dst, '"')
}
