package layout

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// encodings are the ones of text that is not UTF-8. The first four are tried in this order: those that refuse most
// bytes first.
var encodings = [...]struct {
	name string
	enc  encoding.Encoding
}{
	{"cp949", korean.EUCKR},
	{"cp932", japanese.ShiftJIS},
	{"gb18030", simplifiedchinese.GB18030},
	{"cp1252", charmap.Windows1252},
	{"utf-16", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
	{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
}

const encodingsTried = 4

// EncodingNames returns the names of all encodings.
func EncodingNames() []string {
	names := []string{"utf-8"}
	for _, e := range encodings {
		names = append(names, e.name)
	}
	return names
}

// encodingOf returns the encoding with the name, nil for UTF-8 and for none.
func encodingOf(name string) encoding.Encoding {
	for _, e := range encodings {
		if e.name == name {
			return e.enc
		}
	}
	return nil
}

// SniffEncoding tells the encoding of a text by its first bytes: a byte order mark, the zero bytes of UTF-16, valid
// UTF-8, or else the encoding in which its first lines have most names of columns.
func SniffEncoding(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16"
	case len(head) > 3 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return "utf-16"
	case len(head) > 3 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return "utf-16be"
	}
	cut := head // the last character may be cut
	for n := 0; n < utf8.UTFMax && len(cut) > 0 && !utf8.Valid(cut); n++ {
		cut = cut[:len(cut)-1]
	}
	if utf8.Valid(cut) {
		return "utf-8"
	}
	best, most := "cp1252", 0
	for _, e := range encodings[:encodingsTried] {
		text, err := e.enc.NewDecoder().Bytes(head)
		if err != nil {
			continue
		}
		if known := knownNames(string(text)); known > most {
			best, most = e.name, known
		}
	}
	return best
}

// knownNames counts the names of columns in the first lines of a text.
func knownNames(text string) int {
	known := 0
	lines := strings.SplitN(text, "\n", skipMax+1)
	for _, line := range lines[:min(len(lines), skipMax)] {
		for _, name := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(",;\t|\r", r) }) {
			if FieldOf(name) >= 0 {
				known++
			}
		}
	}
	return known
}

// Decoded returns the text of an encoding as UTF-8.
func Decoded(r io.Reader, name string) io.Reader {
	enc := encodingOf(name)
	if enc == nil {
		return r
	}
	return transform.NewReader(r, enc.NewDecoder())
}
