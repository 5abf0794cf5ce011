package layout

import (
	"strconv"
	"strings"
	"testing"
)

// Of bars of both sides of a quote it is asked which are meant, unless the file has those in the middle.
func TestSides(t *testing.T) {
	const both = "the prices of bid and ask stand side by side"
	for _, test := range []struct{ header, open, want string }{
		{"time,BidOpen,BidHigh,BidLow,BidClose,AskOpen,AskHigh,AskLow,AskClose", "", both},
		{"time,Open Bid,High Bid,Low Bid,Close Bid,Open Ask,High Ask,Low Ask,Close Ask", "", both},
		{"time,bid.o,bid.h,bid.l,bid.c,mid.o,mid.h,mid.l,mid.c", "5", ""},
		{"time,AskOpen,AskHigh,AskLow,AskClose,x,y,z,w", "1", ""},
		{"time,AAPLOpen,AAPLHigh,AAPLLow,AAPLClose,XOpen,XHigh,XLow,XClose", "", "no column for open"},
	} {
		text := test.header + "\n2024-01-08 14:30,2,4,1,3,12,14,11,13\n2024-01-08 14:31,3,4,1,2,13,14,11,12\n"
		y, err := Sniff([]byte(text), true, &FileLayout{})
		switch {
		case test.want != "":
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "--map open=") {
				t.Errorf("%s: %v", test.header, err)
			}
		case err != nil:
			t.Errorf("%s: %v", test.header, err)
		case strconv.Itoa(y.At[Open]) != test.open || y.At[Close] != y.At[Open]+3:
			t.Errorf("%s: columns %v, want open %s", test.header, y.At, test.open)
		}
	}
}

// Tables that spaces align are refused with what to do instead.
func TestAligned(t *testing.T) {
	for _, text := range []string{
		"            Open  High  Low  Close\nDate\n2024-01-08   2.0   4.0  1.0   3.00\n2024-01-09   3.0   4.0  1.0   2.00\n",
		"        date  open  high  low  close\n0 2024-01-08   2.0   4.0  1.0   3.00\n1 2024-01-09   3.0   4.0  1.0   2.00\n",
	} {
		_, err := Sniff([]byte(text), true, &FileLayout{})
		if err == nil || !strings.Contains(err.Error(), "to_csv") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
