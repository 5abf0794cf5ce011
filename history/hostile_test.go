package history

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// hostileRoom is how much a file that was made to fill the memory may make the
// program ask for, over its whole life.
const hostileRoom = 192 << 20

// TestHostileFiles gives files that say to be far more than they are: each is
// refused with a reason before much memory is asked for.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, want string
		content    func(t *testing.T, path string)
	}{
		{"footer.parquet", "longer than 32 MiB", func(t *testing.T, path string) {
			sparseParquet(t, path, 10<<30, 4<<30-1, nil)
		}},
		{"zeros.parquet", "missing required field", func(t *testing.T, path string) {
			sparseParquet(t, path, 10<<30, footerMax, nil)
		}},
		{"list.parquet", "a list of 4294967295 elements", func(t *testing.T, path string) {
			sparseParquet(t, path, 1<<20, 64, binary.AppendUvarint([]byte{0x29, 0xfc}, 1<<32-1))
		}},
		{"elements.parquet", "lists of more than", func(t *testing.T, path string) {
			sparseParquet(t, path, 10<<30, footerMax, binary.AppendUvarint([]byte{0x29, 0xfc}, 10<<20))
		}},
		{"text.parquet", "ends early", func(t *testing.T, path string) {
			sparseParquet(t, path, 1<<20, 64, binary.AppendUvarint([]byte{0x68}, 1<<31-1))
		}},
		{"deep.parquet", "nested deeper", func(t *testing.T, path string) {
			sparseParquet(t, path, 1<<20, 4096, bytes.Repeat([]byte{0x1c}, 4096))
		}},
		{"overlap.zip", "overlap", overlappingZip},
		{"total.zip", "more than 100 times", func(t *testing.T, path string) {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			for i := range 3 {
				if _, err := z.CreateRaw(&zip.FileHeader{
					Name: fmt.Sprint(i, ".csv"), Method: zip.Deflate, UncompressedSize64: 50 << 20,
				}); err != nil {
					t.Fatal(err)
				}
			}
			z.Close()
			write(t, dir, filepath.Base(path), b.Bytes())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, c.name)
			c.content(t, path)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			tapes, _, err := Data{Paths: []string{path}}.Collect(t.Context(), 1)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrUndecodable) || !strings.Contains(err.Error(), c.want) || len(tapes) > 0 {
				t.Errorf("%d series, %v", len(tapes), err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > hostileRoom {
				t.Errorf("%d MiB were asked for", used>>20)
			}
		})
	}
}

// sparseParquet writes a file that takes no room on the disk and ends as a Parquet
// file with a footer of a length.
func sparseParquet(t *testing.T, path string, size, footer int64, content []byte) {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	end := append(binary.LittleEndian.AppendUint32(nil, uint32(footer)), "PAR1"...)
	for _, part := range []struct {
		at int64
		b  []byte
	}{{0, []byte("PAR1")}, {size - 8 - footer, content}, {size - 8, end}} {
		if _, err := f.WriteAt(part.b, max(part.at, 4*min(part.at, 1))); err != nil {
			t.Fatal(err)
		}
	}
}

// overlappingZip writes an archive whose second member is the first one's bytes.
func overlappingZip(t *testing.T, path string) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for range 2 {
		w, err := z.Create("AAPL.csv")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, twoSeries)
	}
	z.Close()
	archive := b.Bytes()
	// The place of a member's header is 42 bytes into its entry of the directory.
	entry := []byte("PK\x01\x02")
	second := bytes.LastIndex(archive, entry)
	copy(archive[second+42:], []byte{0, 0, 0, 0})
	if err := os.WriteFile(path, archive, 0o600); err != nil {
		t.Fatal(err)
	}
}
