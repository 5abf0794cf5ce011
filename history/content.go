package history

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
)

// headBytes is how much of an input tells its format.
const headBytes = 4096

// packs are the ways of packing by how a file starts.
var packs = []struct{ name, start string }{
	{"gz", "\x1f\x8b"},
	{"zst", "\x28\xb5\x2f\xfd"},
	{"xz", "\xfd7zXZ\x00"},
	{"bz2", "BZh"},
	{"zip", "PK\x03\x04"},
}

// packOf returns how a text that starts so is packed, "" for not at all.
func packOf(head []byte) string {
	for _, p := range packs {
		if bytes.HasPrefix(head, []byte(p.start)) {
			return p.name
		}
	}
	return ""
}

// formatOf returns the format of content that starts so: csv where it is no other.
func formatOf(head []byte) string {
	start := bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	switch {
	case bytes.HasPrefix(head, parquetMagic):
		return "parquet"
	case isArrow(head):
		return "arrow"
	case len(start) > 0 && (start[0] == '{' || start[0] == '['):
		return "jsonl"
	}
	return "csv"
}

// parquetMagic is what Parquet files begin and end with.
var parquetMagic = []byte("PAR1")

// readHead returns the first bytes of a file.
func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer f.Close()
	return headOf(f)
}

func headOf(r io.Reader) ([]byte, error) {
	head := make([]byte, headBytes)
	n, err := io.ReadFull(r, head)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// recognize makes format and packing of an input what its content is, whatever its name says.
func (in *input) recognize(ctx context.Context) error {
	if in.stdin != nil || in.pipe() || in.format != "" {
		return nil // known, or found out where it is read
	}
	if in.object != nil {
		head, err := headOf(in.object.open(ctx))
		if err == nil {
			err = in.recognizeHead(head)
		}
		if err != nil {
			return err
		}
	}
	if in.format != "" {
		return nil
	}
	head, err := in.unpackedHead(ctx)
	if err != nil {
		return err
	}
	if err := foreignError(in.name, head); err != nil {
		return err
	}
	in.format = formatOf(head)
	return nil
}

// recognizeHead is recognize for a file that begins so; what a packed one holds is not known yet.
func (in *input) recognizeHead(head []byte) error {
	if err := foreignError(in.name, head); err != nil {
		return err
	}
	if in.pack = packOf(head); in.pack == "" {
		in.format = formatOf(head)
	}
	return nil
}

func (in *input) unpackedHead(ctx context.Context) ([]byte, error) {
	r, err := in.open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return headOf(r)
}
