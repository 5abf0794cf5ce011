package pattern_test

import (
	"fmt"

	"streamd/incremental/pattern"
)

func ExampleRows() {
	for _, row := range pattern.Rows()[:3] {
		fmt.Println(row.Name, "-", row.Title)
	}
	// Output:
	// cdl2crows - Two Crows
	// cdl3blackcrows - Three Black Crows
	// cdl3inside - Three Inside Up/Down
}
