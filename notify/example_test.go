package notify_test

import (
	"fmt"

	"streamd/notify"
)

// A template is checked with the place of its fault.
func ExampleCheckTemplate() {
	const template = "{{.symbol}} at {{.candle.clos}}"
	fmt.Println(notify.CheckTemplate(template).Render(template))
	// Output:
	// 1:26: a signal has no field "clos"; did you mean "close"?
	//   {{.symbol}} at {{.candle.clos}}
	//                            ^^^^
}
