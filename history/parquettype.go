package history

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"

	"streamd/candle/wire"
	"streamd/history/layout"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// notANumber stands for a null price: the check of candles refuses it.
var notANumber = math.NaN()

// parquetColumn is a column and how its values are read.
type parquetColumn struct {
	name  string
	index int // among the leaves of the schema
	leaf  *parquet.Column
	kind  parquet.Kind

	scale   int            // digits after the decimal point of a decimal, below 0 for none
	unit    time.Duration  // of a timestamp or date, 0 for any other
	epochs  bool           // whole numbers of s, ms, µs or ns since 1970, whose magnitude tells
	zone    *time.Location // of a timestamp; nil for the reading of a clock in no zone
	element *format.SchemaElement
	levels  int // the level of a value that is there: below it, it or a group around it is null
}

// newParquetColumn reads the type of a column.
func newParquetColumn(l *parquetLeaf) *parquetColumn {
	leaf := l.column
	c := &parquetColumn{
		name: leaf.Name(), index: leaf.Index(), leaf: leaf, kind: leaf.Type().Kind(), scale: -1,
		element: l.element, levels: l.levels,
	}
	c.readType()
	return c
}

// text reports whether the values are texts.
func (c *parquetColumn) text() bool { return c.kind == parquet.ByteArray && c.scale < 0 }

// readType reads what the values mean from the schema, old style or new.
func (c *parquetColumn) readType() {
	switch t := c.element.LogicalType.Value.(type) {
	case *format.DecimalType:
		c.scale = int(t.Scale)
		return
	case *format.DateType:
		c.unit = 24 * time.Hour
		return
	case *format.TimestampType:
		if t.Unit.Value != nil {
			c.unit = t.Unit.Value.Duration()
		}
		if t.IsAdjustedToUTC {
			c.zone = time.UTC
		}
		return
	}
	if !c.element.ConvertedType.Valid {
		return
	}
	switch c.element.ConvertedType.V {
	case deprecated.Decimal:
		c.scale = int(c.element.Scale.V)
	case deprecated.Date:
		c.unit = 24 * time.Hour
	case deprecated.TimestampMillis:
		c.unit, c.zone = time.Millisecond, time.UTC
	case deprecated.TimestampMicros:
		c.unit, c.zone = time.Microsecond, time.UTC
	}
}

// numbers appends prices or volumes.
func (c *parquetColumn) numbers(v encoding.Values, into []float64) ([]float64, error) {
	switch v.Kind() {
	case encoding.Double:
		return append(into, v.Double()...), nil
	case encoding.Float:
		for _, x := range v.Float() {
			into = append(into, float64(x))
		}
	case encoding.Int32:
		for _, x := range v.Int32() {
			into = append(into, c.decimal(int64(x)))
		}
	case encoding.Int64:
		for _, x := range v.Int64() {
			into = append(into, c.decimal(x))
		}
	case encoding.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		for ; size > 0 && len(data) >= size; data = data[size:] {
			into = append(into, c.bigDecimal(data[:size]))
		}
	case encoding.ByteArray:
		err := eachText(v, func(text []byte) {
			into = append(into, c.bigDecimal(text))
		})
		return into, err
	default:
		return into, fmt.Errorf("values of kind %v are no numbers", v.Kind())
	}
	return into, nil
}

// exactInt bounds the whole numbers that a float64 holds, and exactPower the
// powers of ten: their quotient is rounded once.
const (
	exactInt   = 1 << 53
	exactPower = 22
)

// decimal returns a whole number of units of a decimal, as the nearest float64.
func (c *parquetColumn) decimal(n int64) float64 {
	if c.scale <= 0 {
		return float64(n)
	}
	if n > -exactInt && n < exactInt && c.scale <= exactPower {
		return float64(n) / math.Pow10(c.scale)
	}
	x, err := strconv.ParseFloat(strconv.FormatInt(n, 10)+"e-"+strconv.Itoa(c.scale), 64)
	if err != nil {
		return notANumber
	}
	return x
}

// bigDecimal is decimal for two's complement, the highest byte first.
func (c *parquetColumn) bigDecimal(b []byte) float64 {
	if len(b) == 0 {
		return notANumber
	}
	if len(b) <= 8 {
		n := int64(int8(b[0]))
		for _, x := range b[1:] {
			n = n<<8 | int64(x)
		}
		return c.decimal(n)
	}
	n := new(big.Int).SetBytes(b)
	if b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	if n.IsInt64() {
		return c.decimal(n.Int64())
	}
	x, err := strconv.ParseFloat(n.String()+"e-"+strconv.Itoa(c.scale), 64)
	if err != nil {
		return notANumber
	}
	return x
}

// badTime stands for a time that is missing or cannot be read.
const badTime = math.MinInt64

// times appends open times in nanoseconds.
func (c *parquetColumn) times(v encoding.Values, into []int64) ([]int64, error) {
	switch v.Kind() {
	case encoding.Int32:
		for _, x := range v.Int32() {
			into = append(into, c.time(int64(x)))
		}
	case encoding.Int64:
		for _, x := range v.Int64() {
			into = append(into, c.time(x))
		}
	case encoding.Int96:
		for _, x := range v.Int96() {
			into = append(into, time96(x))
		}
	default:
		return into, fmt.Errorf("values of kind %v are no times", v.Kind())
	}
	return into, nil
}

func (c *parquetColumn) time(n int64) int64 {
	if c.epochs {
		if ns, ok := layout.Epoch(n); ok {
			return ns
		}
		return badTime
	}
	if most := math.MaxInt64 / int64(c.unit); n > most || n < -most {
		return badTime
	}
	return n * int64(c.unit)
}

// time96 reads the timestamps of older writers: nanoseconds of the day, and the
// Julian day.
func time96(x deprecated.Int96) int64 {
	const julian1970 = 2440588
	day, ok := wire.UnitTime(int64(x[2])-julian1970, 24*time.Hour)
	ns := int64(x[1])<<32 | int64(x[0])
	if !ok || ns < 0 || ns >= int64(24*time.Hour) {
		return badTime
	}
	return day + ns
}

// eachText calls f for every text of a page.
func eachText(v encoding.Values, f func(text []byte)) error {
	if v.Kind() != encoding.ByteArray {
		return fmt.Errorf("values of kind %v are no texts", v.Kind())
	}
	data, offsets := v.ByteArray()
	for i := 1; i < len(offsets); i++ {
		from, to := offsets[i-1], offsets[i]
		if from > to || uint64(to) > uint64(len(data)) {
			return fmt.Errorf("a text from %d to %d in %d bytes", from, to, len(data))
		}
		f(data[from:to])
	}
	return nil
}

// textTable numbers the texts of columns.
type textTable struct {
	places map[string]int32
	texts  []string
}

// textsMax and textMax bound what is remembered of the texts of a column.
const (
	textsMax = 10_000_000
	textMax  = 256
)

// codes appends the numbers of the texts of a page or dictionary.
func (t *textTable) codes(v encoding.Values, into []int32) ([]int32, error) {
	tooMany := false
	err := eachText(v, func(text []byte) {
		if len(text) > textMax {
			text = text[:textMax] // too long for a symbol as it is
		}
		code, ok := t.places[string(text)]
		if !ok {
			if len(t.texts) >= textsMax {
				tooMany = true
				return
			}
			code = int32(len(t.texts))
			t.places[string(text)] = code
			t.texts = append(t.texts, string(text))
		}
		into = append(into, code)
	})
	if tooMany {
		err = fmt.Errorf("more than %d different texts", textsMax)
	}
	return into, err
}
