package history

import (
	"bytes"
	"encoding/base64"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// arrowSchemaKey is where pyarrow, Polars and others keep the schema that a Parquet
// file was written from. Parquet's own types know no zones.
const arrowSchemaKey = "ARROW:schema"

// readZones gives columns of timestamps the zones that the schema of the writer says.
// A damaged one says nothing.
func (p *parquetFile) readZones() {
	text, ok := p.Lookup(arrowSchemaKey)
	if !ok {
		return
	}
	message, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return
	}
	_ = guard(func() error {
		r, err := ipc.NewReaderFromMessageReader(&arrowMessages{r: bytes.NewReader(message)})
		if err != nil {
			return err
		}
		for _, f := range r.Schema().Fields() {
			t, ok := f.Type.(*arrow.TimestampType)
			if !ok || t.TimeZone == "" {
				continue
			}
			zone, err := arrowZone(t.TimeZone)
			if err != nil {
				continue
			}
			for _, c := range p.all {
				if c != nil && c.zone == time.UTC && c.name == f.Name {
					c.zone = zone
				}
			}
		}
		return nil
	})
}

// daysInZone reports whether the first times of a column are all midnight in its
// zone: then they stand for days.
func (p *parquetFile) daysInZone(c *parquetColumn) bool {
	r := columnReader[int64]{file: p, column: c, decode: c.times, null: badTime}
	times, err := r.take(rowsOfText)
	if err != nil {
		return true // the reading of the whole says what is wrong
	}
	for _, ns := range times {
		hour, minute, second := time.Unix(0, ns).In(c.zone).Clock()
		if ns != badTime && hour+minute+second != 0 {
			return false
		}
	}
	return true
}
