package layout_test

import (
	"fmt"

	"streamd/history/layout"
)

// A table as a German spreadsheet writes it.
func Example() {
	text := "Datum;Erster;Hoch;Tief;Schlusskurs;Volumen\n" +
		"16.01.2024;10,70;11,45;10,65;11,40;3.100\n" +
		"17.01.2024;11,40;11,50;11,00;11,20;1.900\n"
	y, err := layout.Sniff([]byte(text), true, &layout.FileLayout{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("delimiter %c, decimal %c, close in column %d\n", y.Delimiter, y.Numbers.Decimal, y.At[layout.Close])
	ns, ok := y.Times.Time([]byte("17.01.2024"), nil)
	fmt.Println(ns, ok)
	// Output:
	// delimiter ;, decimal ,, close in column 4
	// 1705449600000000000 true
}
