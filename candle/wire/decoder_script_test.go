package wire_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"streamd/candle"
	"streamd/candle/wire"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml"
)

// TestDecodeScripts runs the scripts of testdata/decode, see the README there.
func TestDecodeScripts(t *testing.T) {
	datadriven.Walk(t, filepath.Join("testdata", "decode"), func(t *testing.T, path string) {
		if strings.HasSuffix(path, ".md") {
			return
		}
		script := &decodeScript{}
		script.mapping, _ = wire.Format("flat")
		datadriven.RunTest(t, path, script.run)
	})
}

type decodeScript struct {
	mapping  wire.Mapping
	defaults wire.Defaults
	key      []byte
}

func (s *decodeScript) run(t *testing.T, d *datadriven.TestData) string {
	var out strings.Builder
	switch d.Cmd {
	case "format":
		var name string
		d.ScanArgs(t, "name", &name)
		mapping, ok := wire.Format(name)
		if !ok {
			d.Fatalf(t, "no format %q", name)
		}
		*s = decodeScript{mapping: mapping}
		s.scanDefaults(t, d)
	case "mapping":
		*s = decodeScript{}
		if err := yaml.UnmarshalWithOptions([]byte(d.Input), &s.mapping, yaml.Strict()); err != nil {
			d.Fatalf(t, "%v", err)
		}
		s.scanDefaults(t, d)
		if _, err := wire.NewDecoder(s.mapping, s.defaults); err != nil {
			fmt.Fprintln(&out, err)
		}
	case "decode": // one message per line
		for line := range strings.Lines(d.Input) {
			s.decode(t, &out, []byte(strings.TrimSuffix(line, "\n")))
		}
	case "unquote": // one message per line, as a Go string
		for line := range strings.Lines(d.Input) {
			value, err := strconv.Unquote(strings.TrimSpace(line))
			if err != nil {
				d.Fatalf(t, "%s: %v", line, err)
			}
			s.decode(t, &out, []byte(value))
		}
	case "file":
		var name string
		d.ScanArgs(t, "name", &name)
		value, err := os.ReadFile(filepath.Join("testdata", "formats", name))
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		s.decode(t, &out, value)
	case "tombstone":
		s.decode(t, &out, nil)
	default:
		d.Fatalf(t, "unknown command %q", d.Cmd)
	}
	return out.String()
}

func (s *decodeScript) scanDefaults(t *testing.T, d *datadriven.TestData) {
	var key, timeframe string
	d.MaybeScanArgs(t, "key", &key)
	d.MaybeScanArgs(t, "symbol", &s.defaults.Symbol)
	if d.MaybeScanArgs(t, "timeframe", &timeframe) {
		s.defaults.Timeframe = parseFrame(t, timeframe)
	}
	s.key = []byte(key)
}

// decode prints what comes of one message, twice, since the decoder learns the
// order of keys from the first.
func (s *decodeScript) decode(t *testing.T, out *strings.Builder, value []byte) {
	decoder, err := wire.NewDecoder(s.mapping, s.defaults)
	if err != nil {
		t.Fatal(err)
	}
	first := show(decoder.Decode(nil, s.key, value))
	if second := show(decoder.Decode(nil, s.key, value)); second != first {
		t.Errorf("%s: decoded as\n%s, then as\n%s", value, first, second)
	}
	out.WriteString(first)
}

func show(messages []candle.Message, err error) string {
	if err != nil {
		var defect *candle.Defect
		if !errors.As(err, &defect) || len(messages) > 0 {
			return fmt.Sprintf("WRONG: %v with %d messages\n", err, len(messages))
		}
		return fmt.Sprintf("%s: %s\n", defect.Reason, defect.Detail)
	}
	if len(messages) == 0 {
		return "no candles\n"
	}
	var out strings.Builder
	for _, m := range messages {
		c := m.Candle
		fmt.Fprintf(&out, "%s %s %s %v %v %v %v %v", m.Symbol, m.Timeframe,
			time.Unix(0, c.Time).UTC().Format(time.RFC3339Nano), c.Open, c.High, c.Low, c.Close, c.Volume)
		if !m.Closed {
			out.WriteString(" forming")
		}
		out.WriteByte('\n')
	}
	return out.String()
}
