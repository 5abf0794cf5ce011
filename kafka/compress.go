package kafka

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Compression is a codec of the record batch format.
type Compression int8

// The codecs, by their numbers in the batch attributes.
const (
	Uncompressed Compression = iota
	Gzip
	Snappy
	LZ4
	Zstd
)

var compressionNames = [...]string{"none", "gzip", "snappy", "lz4", "zstd"}

func (c Compression) String() string {
	if c < 0 || int(c) >= len(compressionNames) {
		return fmt.Sprintf("codec %d", int8(c))
	}
	return compressionNames[c]
}

// ParseCompression is the inverse of String.
func ParseCompression(name string) (Compression, error) {
	for i, n := range compressionNames {
		if n == name {
			return Compression(i), nil
		}
	}
	return 0, fmt.Errorf("kafka: unknown compression %q (none, gzip, snappy, lz4, zstd)", name)
}

// maxInflatedBytes is the default bound of a decompressed batch: brokers accept batches
// of about 1 MB, and a small one may claim to hold gigabytes.
const maxInflatedBytes = 64 << 20

func (f *inflater) tooLarge() error {
	return fmt.Errorf("decompresses to more than %d bytes", f.bound())
}

// bound is how large a batch may become.
func (f *inflater) bound() int { return defaultTo(f.most, maxInflatedBytes) }

// inflater decompresses batches into one buffer that it reuses. kafka-go's own
// codecs are not used because they allocate whatever a snappy header claims.
type inflater struct {
	most int // bytes of a batch; 0 for the default
	out  []byte
	src  bytes.Reader
	gzip *gzip.Reader
	lz4  *lz4.Reader
	zstd *zstd.Decoder
}

// inflate returns the decompressed bytes, valid until the next call.
func (f *inflater) inflate(c Compression, p []byte) ([]byte, error) {
	var err error
	f.src.Reset(p)
	switch c {
	case Gzip:
		if f.gzip == nil {
			f.gzip = new(gzip.Reader)
		}
		if err = f.gzip.Reset(&f.src); err == nil {
			err = f.drain(f.gzip)
		}
	case LZ4:
		if f.lz4 == nil {
			f.lz4 = lz4.NewReader(nil)
		}
		f.lz4.Reset(&f.src)
		err = f.drain(f.lz4)
	case Snappy:
		err = f.unsnappy(p)
	case Zstd:
		if f.zstd == nil {
			f.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1),
				zstd.WithDecoderMaxMemory(uint64(f.bound())), zstd.WithDecoderLowmem(true))
		}
		if err == nil {
			f.out, err = f.zstd.DecodeAll(p, f.out[:0])
			if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
				err = f.tooLarge()
			}
		}
	default:
		err = errors.New("unknown codec")
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", c, err)
	}
	return f.out, nil
}

// drain reads everything, growing the buffer with what comes.
func (f *inflater) drain(r io.Reader) error {
	f.out = f.out[:0]
	for {
		if len(f.out) == cap(f.out) {
			grown := make([]byte, len(f.out), max(64<<10, 2*cap(f.out)))
			copy(grown, f.out)
			f.out = grown
		}
		n, err := r.Read(f.out[len(f.out):cap(f.out)])
		f.out = f.out[:len(f.out)+n]
		if len(f.out) > f.bound() {
			return f.tooLarge()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// xerialHeader starts the framing that Java clients put around snappy blocks:
// the magic is followed by two versions, then come blocks with int32 lengths.
var xerialHeader = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

func (f *inflater) unsnappy(p []byte) error {
	f.out = f.out[:0]
	if !bytes.HasPrefix(p, xerialHeader) {
		return f.unsnappyBlock(p)
	}
	if len(p) < 16 {
		return io.ErrUnexpectedEOF
	}
	for p = p[16:]; len(p) > 0; {
		r := reader{b: p}
		n := r.i32()
		block := r.take(int(n))
		if r.err != nil {
			return io.ErrUnexpectedEOF
		}
		if err := f.unsnappyBlock(block); err != nil {
			return err
		}
		p = r.b
	}
	return nil
}

func (f *inflater) unsnappyBlock(block []byte) error {
	n, err := s2.DecodedLen(block)
	if err != nil {
		return err
	}
	// Snappy cannot shrink data below a 64-byte copy per 3 bytes or so; a
	// claim beyond that is false, and is refused before it is allocated.
	if n > 64*len(block) || len(f.out)+n > f.bound() {
		return f.tooLarge()
	}
	at := len(f.out)
	if cap(f.out)-at < n {
		grown := make([]byte, at, at+n+at/2)
		copy(grown, f.out)
		f.out = grown
	}
	_, err = s2.Decode(f.out[at:at+n:at+n], block)
	f.out = f.out[:at+n]
	return err
}

// deflater compresses batches.
type deflater struct {
	gzip *gzip.Writer
	lz4  *lz4.Writer
	zstd *zstd.Encoder
}

// deflate appends the compressed bytes to dst.
func (f *deflater) deflate(c Compression, dst, p []byte) ([]byte, error) {
	switch c {
	case Gzip:
		out := bytes.NewBuffer(dst)
		if f.gzip == nil {
			f.gzip = gzip.NewWriter(out)
		}
		f.gzip.Reset(out)
		_, err := f.gzip.Write(p)
		return finish(out, f.gzip, err)
	case LZ4:
		out := bytes.NewBuffer(dst)
		if f.lz4 == nil {
			f.lz4 = lz4.NewWriter(out)
			// Kafka's Java reader takes no content size and no dependent blocks.
			if err := f.lz4.Apply(lz4.BlockSizeOption(lz4.Block64Kb)); err != nil {
				return dst, err
			}
		}
		f.lz4.Reset(out)
		_, err := f.lz4.Write(p)
		return finish(out, f.lz4, err)
	case Snappy:
		// One bare block: every client reads it, framed ones are Java's habit.
		at, n := len(dst), s2.MaxEncodedLen(len(p))
		if n < 0 {
			return dst, fmt.Errorf("snappy: block of %d bytes", len(p))
		}
		dst = append(dst, make([]byte, n)...)
		return dst[:at+len(s2.EncodeSnappy(dst[at:], p))], nil
	case Zstd:
		if f.zstd == nil {
			var err error
			if f.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1),
				zstd.WithWindowSize(1<<20)); err != nil {
				return dst, err
			}
		}
		return f.zstd.EncodeAll(p, dst), nil
	}
	return dst, fmt.Errorf("kafka: %v cannot compress", c)
}

func finish(out *bytes.Buffer, w io.Closer, err error) ([]byte, error) {
	err = errors.Join(err, w.Close()) // which writes the end
	return out.Bytes(), err
}
