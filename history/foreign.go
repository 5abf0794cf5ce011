package history

import (
	"bytes"
	"fmt"
)

// foreign are formats that are not read, by how their files start, and the command
// that makes a file that is. FILE in it stands for the file.
var foreign = []struct {
	name, start string
	offset      int
	inside      string // what else stands in the head
	command     string
}{
	{name: "HDF5", start: "\x89HDF\r\n\x1a\n", command: pandas("read_hdf")},
	{name: "Feather of version 1", start: "FEA1", command: pandas("read_feather")},
	{name: "ORC", start: "ORC", command: pandas("read_orc")},
	{name: "Excel", start: "PK\x03\x04", inside: "[Content_Types].xml", command: pandas("read_excel")},
	{name: "Excel", start: "\xd0\xcf\x11\xe0", command: pandas("read_excel")},
	{name: "Excel", start: "PK\x03\x04", inside: "_rels/.rels", command: pandas("read_excel")},
	{name: "Excel", start: "PK\x03\x04", inside: "xl/worksheets/", command: pandas("read_excel")},
	{name: "a spreadsheet", start: "PK\x03\x04", inside: "opendocument.spreadsheet", command: pandas("read_excel")},
	{name: "pickle", start: "\x80\x02", command: pandas("read_pickle")},
	{name: "pickle", start: "\x80\x03", command: pandas("read_pickle")},
	{name: "pickle", start: "\x80\x04", command: pandas("read_pickle")},
	{name: "pickle", start: "\x80\x05", command: pandas("read_pickle")},
	{
		name: "NumPy", start: "\x93NUMPY",
		command: `python -c "import numpy, pandas; ` +
			`pandas.DataFrame(numpy.load('FILE')).to_csv('FILE.csv', index=False)"`,
	},
	{
		name: "bi5 of Dukascopy", start: "\x5d\x00\x00", // LZMA without a container
		command: "npx dukascopy-node -i INSTRUMENT -from DATE -to DATE -t m1 -f csv, which gets the same bars as CSV",
	},
	{name: "Stata", start: "<stata_dta>", command: pandas("read_stata")},
	{
		name: "SQLite", start: "SQLite format 3\x00",
		command: `sqlite3 -header -csv 'FILE' 'select * from TABLE' > FILE.csv`,
	},
	{name: "DuckDB", start: "DUCK", offset: 8, command: `duckdb 'FILE' "copy TABLE to 'FILE.parquet'"`},
	{
		name: "Avro", start: "Obj\x01",
		command: `duckdb -c "install avro; load avro; copy (from read_avro('FILE')) to 'FILE.parquet'"`,
	},
}

func pandas(function string) string {
	return `python -c "import pandas; pandas.` + function + `('FILE').reset_index().to_parquet('FILE.parquet')"`
}

// foreignError is the error of content in a format that is not read; nil for any other.
func foreignError(name string, head []byte) error {
	for _, f := range foreign {
		if len(head) > f.offset && bytes.HasPrefix(head[f.offset:], []byte(f.start)) &&
			bytes.Contains(head, []byte(f.inside)) {
			command := bytes.ReplaceAll([]byte(f.command), []byte("FILE"), []byte(name))
			return fmt.Errorf("%w: %s is not read; convert it by: %s", ErrUndecodable, f.name, command)
		}
	}
	return nil
}
