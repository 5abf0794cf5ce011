package history

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// The limits of what is unpacked. Candles as text shrink to a fifth or a tenth;
// what grows more than expansionMax times beyond the first expansionFree bytes
// was made to fill the memory of its reader.
const (
	expansionMax  = 100
	expansionFree = 64 << 20
	memberMax     = 100_000  // members of an archive
	windowMax     = 64 << 20 // what a decoder of zstd may keep
	inMemoryMax   = 1 << 30  // a Parquet file that is packed is unpacked into memory
)

// errBomb is the error of input that unpacks to far more than itself.
var errBomb = fmt.Errorf("%w: it unpacks to more than %d times its size", ErrUndecodable, expansionMax)

// unpack returns what a packed stream holds.
func unpack(ctx context.Context, pack string, r io.ReadCloser) (io.ReadCloser, error) {
	packed := &countedReader{r: withContext(ctx, r)}
	u := &unpacked{packed: packed}
	var err error
	switch pack {
	case "gz":
		var z *gzip.Reader
		if z, err = gzip.NewReader(bufio.NewReaderSize(packed, 1<<16)); err == nil {
			u.r = z
		}
	case "zst":
		var z *zstd.Decoder
		if z, err = zstd.NewReader(packed, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(windowMax)); err == nil {
			u.r, u.closeDecoder = z, z.Close
		}
	case "xz":
		var z *xz.Reader
		config := xz.ReaderConfig{DictCap: windowMax}
		if z, err = config.NewReader(bufio.NewReaderSize(packed, 1<<16)); err == nil {
			u.r = z
		}
	case "bz2":
		u.r = bzip2.NewReader(bufio.NewReaderSize(packed, 1<<16))
	default:
		panic("history: no unpacking of " + pack)
	}
	if err != nil {
		packed.r.Close()
		return nil, packError(err)
	}
	return u, nil
}

// unpacked is an unpacking stream that knows how much it grew.
type unpacked struct {
	r            io.Reader
	packed       *countedReader
	n            int64
	most         int64 // that it says of itself; 0 where it says nothing
	closeDecoder func()
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.n += int64(n)
	if u.n > expansionFree+expansionMax*u.packed.n {
		return n, errBomb
	}
	if u.most > 0 && u.n > u.most {
		return n, fmt.Errorf("%w: it unpacks to more than the %d bytes that it says of itself", ErrUndecodable, u.most)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = packError(err)
	}
	return n, err
}

func (u *unpacked) Close() error {
	if u.closeDecoder != nil {
		u.closeDecoder()
	}
	return u.packed.r.Close()
}

// packError is the error of a packed stream that is damaged or ends early.
func packError(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrClosed):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: it ends early, as if cut off", ErrUndecodable)
	}
	return fmt.Errorf("%w: %w", ErrUndecodable, err)
}

// countedReader counts what is read.
type countedReader struct {
	r io.ReadCloser
	n int64
}

func (c *countedReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// zipFile returns the members of an archive as inputs. The archive stays
// open until the history is read.
func (h *history) zipFile(path string) ([]*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	h.archives = append(h.archives, f)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return h.zipMembers(path, f, info.Size())
}

// zipMembers returns the members of an archive of so many bytes as inputs.
func (h *history) zipMembers(path string, f io.ReaderAt, size int64) ([]*input, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, packError(err)
	}
	if len(z.File) > memberMax {
		return nil, fmt.Errorf("%w: %d members, at most %d", ErrUndecodable, len(z.File), memberMax)
	}
	if err := checkMembers(z.File, size); err != nil {
		return nil, err
	}
	var all []*input
	for _, m := range z.File {
		if strings.HasSuffix(m.Name, "/") || strings.HasPrefix(m.Name, "__MACOSX/") {
			continue
		}
		name := path + "/" + m.Name
		in := newInput(m.Name)
		if in.pack == "zip" {
			h.fail(&input{name: name}, fmt.Errorf("%w: an archive within an archive", ErrUndecodable))
			continue
		}
		in.name, in.member = name, m
		in.memberBytes = min(int64(m.CompressedSize64), size)
		all = append(all, in)
	}
	if len(z.File) == 0 {
		return nil, errEmpty
	}
	return all, nil
}

// checkMembers refuses archives that were made to fill the disk or the time of
// their reader: members that share bytes of the archive (Fifield, A better zip
// bomb, 2019), and those that together say to unpack to far more than it.
func checkMembers(members []*zip.File, size int64) error {
	type span struct{ from, to int64 }
	spans := make([]span, 0, len(members))
	total := 0.0
	for _, m := range members {
		total += float64(m.UncompressedSize64)
		at, err := m.DataOffset()
		if err != nil {
			return packError(err)
		}
		if m.CompressedSize64 > uint64(size) || at+int64(m.CompressedSize64) > size {
			return fmt.Errorf("%w: member %q reaches past the end of the archive", ErrUndecodable, m.Name)
		}
		if m.CompressedSize64 > 0 {
			spans = append(spans, span{at, at + int64(m.CompressedSize64)})
		}
	}
	if total > expansionFree+expansionMax*float64(size) {
		return errBomb
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(spans); i++ {
		if spans[i].from < spans[i-1].to {
			return fmt.Errorf("%w: members of the archive overlap", ErrUndecodable)
		}
	}
	return nil
}

// openMember returns a member of an archive as a stream.
func openMember(ctx context.Context, in *input) (io.ReadCloser, error) {
	f, err := in.member.Open()
	if err != nil {
		return nil, packError(err)
	}
	r := withContext(ctx, f)
	u := &unpacked{r: r, packed: &countedReader{r: r, n: in.memberBytes}, most: int64(in.member.UncompressedSize64)}
	if in.pack != "" {
		return unpack(ctx, in.pack, u)
	}
	return u, nil
}

// inMemory reads a packed input whole, for formats that are read from their
// end.
func (in *input) inMemory(ctx context.Context) (*bytes.Reader, error) {
	r, err := in.open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readWhole(r)
}

// readWhole reads a stream into memory.
func readWhole(r io.Reader) (*bytes.Reader, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, inMemoryMax+1)); err != nil {
		return nil, err
	}
	if b.Len() > inMemoryMax {
		return nil, fmt.Errorf("%w: more than %d MiB, packed or from a pipe: Parquet is read from files",
			ErrUndecodable, inMemoryMax>>20)
	}
	return bytes.NewReader(b.Bytes()), nil
}
