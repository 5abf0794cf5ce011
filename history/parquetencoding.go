package history

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// hybridRuns looks through runs of values of some bits each, packed or repeated,
// up to a number of values, and returns where they end.
func hybridRuns(data []byte, width, values int) (end int, err error) {
	for found := 0; found < values && end < len(data); {
		h, k := binary.Uvarint(data[end:])
		if k <= 0 {
			return 0, errors.New("a run without a length")
		}
		end += k
		count := h >> 1
		if count > uint64(values) {
			return 0, fmt.Errorf("a run of %d among %d values", count, values)
		}
		if h&1 == 0 {
			found += int(count)
			end += (width + 7) / 8
		} else {
			found += 8 * int(count)
			end += int(count) * width
		}
		if end > len(data) {
			return 0, errors.New("a run is cut off")
		}
	}
	return end, nil
}

// checkValues looks at the numbers of values that encodings in increments begin
// with.
func checkValues(how format.Encoding, data []byte, values int) error {
	switch how {
	case format.DeltaBinaryPacked, format.DeltaLengthByteArray:
		_, err := deltaRun(data, values)
		return err
	case format.DeltaByteArray:
		end, err := deltaRun(data, values)
		if err == nil {
			_, err = deltaRun(data[end:], values)
		}
		return err
	}
	return nil
}

// deltaRun looks through whole numbers in increments
// (https://parquet.apache.org/docs/file-format/data-pages/encodings/, DELTA_BINARY_PACKED)
// and returns where they end.
func deltaRun(data []byte, values int) (end int, err error) {
	var head [4]uint64 // values of a block, blocks in it, values in all, the first
	for i := range head {
		v, k := binary.Uvarint(data[end:])
		if k <= 0 {
			return 0, errDelta
		}
		head[i] = v
		end += k
	}
	block, minis, total := head[0], head[1], head[2]
	if total > uint64(values) || minis == 0 || minis > 512 || block > 1<<16 || block/minis == 0 {
		return 0, fmt.Errorf("%d increments for %d values", total, values)
	}
	for left := int(total) - 1; left > 0; {
		_, k := binary.Uvarint(data[end:])
		if k <= 0 || end+k+int(minis) > len(data) {
			return 0, errDelta
		}
		widths := data[end+k : end+k+int(minis)]
		end += k + int(minis)
		for _, w := range widths {
			if left <= 0 {
				break
			}
			end += int(block/minis) * int(w) / 8
			left -= int(block / minis)
		}
		if end > len(data) {
			end = len(data) // the last one may be cut short
			if left > 0 {
				return 0, errDelta
			}
		}
	}
	return end, nil
}

var errDelta = errors.New("increments are cut off")
