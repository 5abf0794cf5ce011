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
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "parquet"
	case isArrow(head):
		return "arrow"
	case len(start) > 0 && (start[0] == '{' || start[0] == '['):
		return "jsonl"
	}
	return "csv"
}

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

// recognize makes format and packing of a file what its content is, whatever its name says.
func (in *input) recognize(ctx context.Context) error {
	if in.stdin != nil || in.pipe() {
		in.format = "" // found out where it is read
		return nil
	}
	var head []byte
	var err error
	if in.member == nil {
		if head, err = readHead(in.path); err != nil {
			return err
		}
		if err := foreignError(in.path, head); err != nil {
			return err
		}
		in.pack = packOf(head)
	}
	if in.member != nil || in.pack != "" {
		if head, err = in.unpackedHead(ctx); err != nil {
			return err
		}
		if err := foreignError(in.name, head); err != nil {
			return err
		}
	}
	in.format = formatOf(head)
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
