package history

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// arrowIsText reports whether the values are texts.
func arrowIsText(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return arrowIsText(t.ValueType)
	case *arrow.RunEndEncodedType:
		return arrowIsText(t.Encoded())
	}
	switch t.ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW, arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW:
		return true
	}
	return false
}

// arrowIsScalar reports whether a value is one that a cell can hold.
func arrowIsScalar(t arrow.DataType) bool {
	switch t := t.(type) {
	case *arrow.DictionaryType:
		return arrowIsScalar(t.ValueType)
	case *arrow.RunEndEncodedType:
		return arrowIsScalar(t.Encoded())
	case arrow.ExtensionType:
		return arrowIsScalar(t.StorageType())
	}
	switch t.ID() {
	case arrow.LIST, arrow.LARGE_LIST, arrow.LIST_VIEW, arrow.LARGE_LIST_VIEW, arrow.FIXED_SIZE_LIST, arrow.MAP,
		arrow.STRUCT, arrow.SPARSE_UNION, arrow.DENSE_UNION, arrow.INTERVAL_MONTHS, arrow.INTERVAL_DAY_TIME,
		arrow.INTERVAL_MONTH_DAY_NANO, arrow.DURATION, arrow.FIXED_SIZE_BINARY:
		return false
	}
	return true
}

// arrowCell returns the cell of an array, or of one in the groups that it is.
func arrowCell(a arrow.Array, at []int) (cell, error) {
	if len(at) > 0 {
		group, ok := a.(*array.Struct)
		if !ok || at[0] >= group.NumField() {
			return nil, errors.New("it is no group")
		}
		inner, err := arrowCell(group.Field(at[0]), at[1:])
		return withNulls(group, inner), err
	}
	switch a := a.(type) {
	case *array.Null:
		return func(b []byte, _ int) []byte { return b }, nil
	case *array.Dictionary:
		values, err := arrowCell(a.Dictionary(), nil)
		if err != nil {
			return nil, err
		}
		return withNulls(a, func(b []byte, i int) []byte { return values(b, a.GetValueIndex(i)) }), nil
	case *array.RunEndEncoded:
		values, err := arrowCell(a.Values(), nil)
		if err != nil {
			return nil, err
		}
		return func(b []byte, i int) []byte { return values(b, a.GetPhysicalIndex(i)) }, nil
	case array.ExtensionArray:
		return arrowCell(a.Storage(), nil)
	}
	plain, err := arrowValues(a)
	return withNulls(a, plain), err
}

// withNulls is a cell that is empty where an array has a null.
func withNulls(a arrow.Array, inner cell) cell {
	if a.NullN() == 0 {
		return inner
	}
	return func(b []byte, i int) []byte {
		if a.IsNull(i) {
			return b
		}
		return inner(b, i)
	}
}

// arrowValues returns the cell of an array without regard to its nulls.
func arrowValues(a arrow.Array) (cell, error) {
	if c := arrowTimes(a); c != nil {
		return c, nil
	}
	switch a := a.(type) {
	case *array.Float64:
		return func(b []byte, i int) []byte { return appendFloat(b, a.Value(i)) }, nil
	case *array.Float32:
		return func(b []byte, i int) []byte { return appendFloat(b, float64(a.Value(i))) }, nil
	case *array.Float16:
		return func(b []byte, i int) []byte { return appendFloat(b, float64(a.Value(i).Float32())) }, nil
	case *array.Int8:
		return wholeCell(a.Int8Values()), nil
	case *array.Int16:
		return wholeCell(a.Int16Values()), nil
	case *array.Int32:
		return wholeCell(a.Int32Values()), nil
	case *array.Int64:
		return wholeCell(a.Int64Values()), nil
	case *array.Uint8:
		return wholeCell(a.Uint8Values()), nil
	case *array.Uint16:
		return wholeCell(a.Uint16Values()), nil
	case *array.Uint32:
		return wholeCell(a.Uint32Values()), nil
	case *array.Uint64:
		return func(b []byte, i int) []byte { return strconv.AppendUint(b, a.Value(i), 10) }, nil
	case *array.Boolean:
		return func(b []byte, i int) []byte { return strconv.AppendBool(b, a.Value(i)) }, nil
	case array.StringLike:
		return func(b []byte, i int) []byte { return append(b, a.Value(i)...) }, nil
	case interface{ Value(i int) []byte }:
		return func(b []byte, i int) []byte { return append(b, a.Value(i)...) }, nil
	}
	switch a.DataType().ID() {
	case arrow.DECIMAL32, arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256:
		return func(b []byte, i int) []byte { return append(b, a.ValueStr(i)...) }, nil
	}
	return nil, fmt.Errorf("type %s is not read", a.DataType())
}

func wholeCell[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](values []T) cell {
	return func(b []byte, i int) []byte { return strconv.AppendInt(b, int64(values[i]), 10) }
}

// arrowTimes returns the cell of an array of times, dates or times of the day; nil
// for any other.
func arrowTimes(a arrow.Array) cell {
	switch a := a.(type) {
	case *array.Timestamp:
		t, ok := a.DataType().(*arrow.TimestampType)
		if !ok {
			return nil
		}
		unit := t.Unit.Multiplier()
		zone, err := arrowZone(t.TimeZone)
		if err != nil {
			zone = time.UTC // a name that nobody knows: the instants are right
		}
		return func(b []byte, i int) []byte { return appendTime(b, unitTime(int64(a.Value(i)), unit), zone) }
	case *array.Date32:
		return func(b []byte, i int) []byte { return appendDate(b, int64(a.Value(i))) }
	case *array.Date64:
		return func(b []byte, i int) []byte { return appendDate(b, int64(a.Value(i))/86_400_000) }
	case *array.Time32:
		unit := a.DataType().(arrow.TemporalWithUnit).TimeUnit().Multiplier()
		return func(b []byte, i int) []byte { return appendClock(b, time.Duration(a.Value(i))*unit) }
	case *array.Time64:
		unit := a.DataType().(arrow.TemporalWithUnit).TimeUnit().Multiplier()
		return func(b []byte, i int) []byte { return appendClock(b, time.Duration(a.Value(i))*unit) }
	}
	return nil
}
