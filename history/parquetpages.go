package history

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// A page may expand to pageFree bytes, and beyond that to pageRatio times what it
// takes in the file. The library makes room for whatever a page says of itself
// before it looks whether that is so: of a damaged one that may be gigabytes. So
// pages are unpacked and looked through here, and their values decoded by the
// library then.
const (
	pageFree  = 32 << 20
	pageRatio = 1000
	pageMax   = 64 << 20 // of any page, in the file and unpacked
)

// pageReader reads the pages of a column in a row group, one after the other.
type pageReader struct {
	leaf    *parquet.Column
	present int // the level of values that are there, 0 where all are
	meta    *format.ColumnMetaData

	section    *io.SectionReader // the column in the row group
	in         *bufio.Reader     // of section
	skip       int64             // rows to pass over
	dictionary encoding.Values   // once there was one
	hasOne     bool

	keptBytes   []byte // memory of the dictionary
	keptOffsets []uint32

	body, values []byte // of the page at hand
	room         []byte
	offsets      []uint32
	places       []int32
	levels       []byte
}

// pageData is what a page of data holds: values, or their places in the
// dictionary. It is valid until the next page.
type pageData struct {
	values     encoding.Values
	places     []int32
	dictionary bool
	levels     []byte // a 0 for each null, empty without nulls
	nulls      int
	skip       int // rows at its beginning to pass over
}

// chunkOf returns where a column of a row group begins, and its length.
func chunkOf(m *format.ColumnMetaData) (at, length int64) {
	at = m.DataPageOffset
	if d := m.DictionaryPageOffset; d > 0 && d < at {
		at = d
	}
	return at, m.TotalCompressedSize
}

// start begins at a row of a row group. The memory of the row group before, and of the file before, is used again:
// many small files cost their bytes then, not a garbage collection for every few of them.
func (p *pageReader) start(file io.ReaderAt, c *parquetColumn, m *format.ColumnMetaData, row int64) {
	at, length := chunkOf(m)
	p.section = io.NewSectionReader(file, at, length)
	size := int(min(max(m.TotalCompressedSize, headerPeek), parquetBuffer)) // many files are small
	if p.in == nil || p.in.Size() < size {
		p.in = bufio.NewReaderSize(p.section, size)
	} else {
		p.in.Reset(p.section)
	}
	p.leaf, p.present, p.meta, p.skip = c.leaf, c.levels, m, row
	p.dictionary, p.hasOne = encoding.Values{}, false
}

// release lets go of the file and keeps the memory.
func (p *pageReader) release() {
	p.section, p.leaf, p.meta, p.dictionary, p.hasOne = nil, nil, nil, encoding.Values{}, false
	if p.in != nil {
		p.in.Reset(nil)
	}
}

// next returns the next page that is not passed over, io.EOF after the last.
func (p *pageReader) next() (*pageData, error) {
	for p.left() > 0 {
		at := p.section.Size() - p.left()
		h, err := p.header()
		if err != nil {
			return nil, fmt.Errorf("the header of the page at %d of the column: %w", at, err)
		}
		page, err := p.page(h)
		if err != nil {
			return nil, fmt.Errorf("the page at %d of the column: %w", at, err)
		}
		if page != nil {
			return page, nil
		}
	}
	return nil, io.EOF
}

// headerPeek is how many bytes a header mostly has, with room to spare.
const headerPeek = 512

// header reads the header of the next page.
func (p *pageReader) header() (*format.PageHeader, error) {
	for n := headerPeek; ; n *= 8 {
		b, err := p.in.Peek(n)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		length, errWalk := thriftLength(b)
		switch {
		case errWalk == nil:
			h := &format.PageHeader{}
			protocol := new(thrift.CompactProtocol)
			if err := thrift.NewDecoder(protocol.NewReaderFromBytes(b[:length])).Decode(h); err != nil {
				return nil, err
			}
			_, err = p.in.Discard(length)
			return h, err
		case !errors.Is(errWalk, errThriftShort), err != nil:
			return nil, errWalk
		}
	}
}

// left returns how many bytes of the column are not read yet.
func (p *pageReader) left() int64 {
	at, err := p.section.Seek(0, io.SeekCurrent)
	if err != nil {
		panic("history: " + err.Error()) // of a place before the beginning only
	}
	return p.section.Size() - at + int64(p.in.Buffered())
}

// pass goes on behind so many bytes.
func (p *pageReader) pass(n int64) error {
	if n <= int64(p.in.Buffered()) {
		_, err := p.in.Discard(int(n))
		return err
	}
	_, err := p.section.Seek(n-int64(p.in.Buffered()), io.SeekCurrent)
	p.in.Reset(p.section)
	return err
}

// page returns what is in a page of data, nil for a dictionary, which is kept,
// and for what is passed over.
func (p *pageReader) page(h *format.PageHeader) (*pageData, error) {
	packed := int64(h.CompressedPageSize)
	most := min(pageFree+pageRatio*packed, pageMax)
	if packed > pageMax || h.UncompressedPageSize > pageMax {
		return nil, fmt.Errorf("%d bytes that unpack to %d, at most %d MiB are read: write it with smaller row groups",
			packed, h.UncompressedPageSize, pageMax>>20)
	}
	if packed < 0 || packed > p.left() || h.UncompressedPageSize < 0 || int64(h.UncompressedPageSize) > most {
		return nil, fmt.Errorf("%d bytes that expand to %d", packed, h.UncompressedPageSize)
	}
	var n, levels int // levels is the length of those in front of a page of version 2
	var how format.Encoding
	compressed := true
	switch v1, v2 := &h.DataPageHeader, &h.DataPageHeaderV2; {
	case v1.Valid:
		n, how = int(v1.V.NumValues), v1.V.Encoding
	case v2.Valid:
		n, how, levels = int(v2.V.NumValues), v2.V.Encoding, int(v2.V.DefinitionLevelsByteLength)
		compressed = !v2.V.IsCompressed.Valid || v2.V.IsCompressed.V
		if v2.V.RepetitionLevelsByteLength != 0 || levels < 0 || int64(levels) > packed {
			return nil, errLevels
		}
	case h.DictionaryPageHeader.Valid:
		n = int(h.DictionaryPageHeader.V.NumValues)
	default:
		return nil, p.pass(packed) // an index, say
	}
	if n < 0 || 8*int64(n) > most {
		return nil, fmt.Errorf("%d bytes that hold %d values", packed, n)
	}
	if !h.DictionaryPageHeader.Valid && p.skip >= int64(n) {
		p.skip -= int64(n)
		return nil, p.pass(packed)
	}
	front, data, err := p.unpack(h, levels, compressed)
	if err != nil {
		return nil, err
	}
	if h.DictionaryPageHeader.Valid {
		return nil, p.keepDictionary(n, data)
	}
	if h.DataPageHeader.Valid && p.present > 0 {
		if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
			return nil, errLevels
		}
		k := 4 + int(binary.LittleEndian.Uint32(data))
		front, data = data[4:k], data[k:]
	}
	return p.decode(how, n, front, data, most)
}

var errLevels = errors.New("its levels do not fit into it")

// unpack reads the body of a page: the levels in front, so many bytes, which are
// not compressed, and the rest.
func (p *pageReader) unpack(h *format.PageHeader, levels int, compressed bool) (front, data []byte, err error) {
	p.body = resize(p.body, int(h.CompressedPageSize))
	if _, err := io.ReadFull(p.in, p.body); err != nil {
		return nil, nil, err
	}
	front, data = p.body[:levels], p.body[levels:]
	if !compressed || p.meta.Codec == format.Uncompressed || len(data) == 0 {
		return front, data, nil
	}
	size := int(h.UncompressedPageSize) - levels
	if n, k := binary.Uvarint(data); p.meta.Codec == format.Snappy && (k <= 0 || size < 0 || n > uint64(size)) {
		return nil, nil, fmt.Errorf("values of %d bytes in a page of %d", n, h.UncompressedPageSize)
	}
	p.values = resize(p.values, max(0, size))
	if p.meta.Codec == format.Lz4Raw {
		// The library takes any error for a lack of room, and doubles that without an end.
		n, err := lz4.UncompressBlock(data, p.values)
		return front, p.values[:max(0, n)], err
	}
	p.values, err = parquet.LookupCompressionCodec(p.meta.Codec).Decode(p.values, data)
	return front, p.values, err
}

func resize(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// keepDictionary keeps the values of a dictionary page.
func (p *pageReader) keepDictionary(n int, data []byte) error {
	t, plain := p.leaf.Type(), parquet.LookupEncoding(format.Plain)
	p.keptBytes = append(p.keptBytes[:0], data...) // the memory of data is that of the next page
	if cap(p.keptOffsets) <= n {
		p.keptOffsets = make([]uint32, n+1)
	}
	values, err := t.Decode(t.NewValues(p.keptBytes, p.keptOffsets[:0]), p.keptBytes, plain)
	if err != nil {
		return err
	}
	p.dictionary, p.hasOne = t.NewPage(p.leaf.Index(), n, values).Data(), true
	return nil
}

// decode returns what is in the data of a page of n rows, whose levels are in
// front.
func (p *pageReader) decode(how format.Encoding, n int, front, data []byte, most int64) (*pageData, error) {
	d := &pageData{skip: int(p.skip)}
	p.skip = 0
	present := n
	if p.present > 0 {
		width := bits.Len(uint(p.present))
		cut, err := hybridRuns(front, width, n)
		if err != nil {
			return nil, err
		}
		if p.levels, err = (&rle.Encoding{BitWidth: width}).DecodeLevels(p.levels[:0], front[:cut]); err != nil {
			return nil, err
		}
		if len(p.levels) < n {
			return nil, errLevels
		}
		d.levels = p.levels[:n]
		present = 0
		if p.present > 1 { // the level of a null says which of the groups around it is null
			for i, level := range d.levels {
				d.levels[i] = level / byte(p.present)
			}
		}
		for _, level := range d.levels {
			present += int(level)
		}
		d.nulls = n - present
	}
	//nolint:staticcheck // files of old writers have it
	if how == format.PlainDictionary || how == format.RLEDictionary {
		d.dictionary = true
		return d, p.decodePlaces(d, present, data)
	}
	e, t := parquet.LookupEncoding(how), p.leaf.Type()
	if err := checkValues(how, data, present); err != nil {
		return nil, err
	}
	memory := data
	if !e.CanDecodeInPlace() {
		size := t.EstimateDecodeSize(present, data, e)
		if size < 0 || int64(size) > most {
			return nil, fmt.Errorf("values that expand to %d bytes", size)
		}
		p.room = resize(p.room, size)
		memory = p.room
	}
	if cap(p.offsets) <= present {
		p.offsets = make([]uint32, present+1)
	}
	values, err := t.Decode(t.NewValues(memory, p.offsets[:0]), data, e)
	if err != nil {
		return nil, err
	}
	if got := valueCount(values, t.Length()); got < present {
		return nil, fmt.Errorf("%d values, and %d of them", present, got)
	}
	d.values = t.NewPage(p.leaf.Index(), present, values).Data()
	return d, nil
}

// decodePlaces reads places in the dictionary: how many bits each has, and runs.
func (p *pageReader) decodePlaces(d *pageData, present int, data []byte) error {
	switch {
	case !p.hasOne:
		return errors.New("places in a dictionary that is not there")
	case len(data) == 0 && present > 0 || len(data) > 0 && data[0] > 32:
		return errors.New("places without their width")
	case present == 0:
		return nil
	}
	cut, err := hybridRuns(data[1:], int(data[0]), present)
	if err != nil {
		return err
	}
	if p.places, err = parquet.RLEDictionary.DecodeInt32(p.places[:0], data[:1+cut]); err != nil {
		return err
	}
	if len(p.places) < present {
		return fmt.Errorf("%d places for %d values", len(p.places), present)
	}
	d.places = p.places[:present]
	return nil
}

// valueCount returns how many values there are; length is that of fixed ones.
func valueCount(v encoding.Values, length int) int {
	switch v.Kind() {
	case encoding.Double:
		return len(v.Double())
	case encoding.Float:
		return len(v.Float())
	case encoding.Int32:
		return len(v.Int32())
	case encoding.Int64:
		return len(v.Int64())
	case encoding.Int96:
		return len(v.Int96())
	case encoding.FixedLenByteArray:
		data, _ := v.FixedLenByteArray()
		return len(data) / max(1, length)
	case encoding.ByteArray:
		_, offsets := v.ByteArray()
		return len(offsets) - 1
	}
	return 0
}
