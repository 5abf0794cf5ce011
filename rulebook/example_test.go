package rulebook_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"streamd/config"
	"streamd/rulebook"
)

// A book takes formulas from a configuration and a folder, and writes those that are put into the folder.
func Example() {
	dir, err := os.MkdirTemp("", "rulebook")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf(`
kafka: {brokers: ["127.0.0.1:9092"], group: g, topics: [{name: candles.1m, timeframe: 1m}], signals: signals}
formulas: [{name: up, expression: close > open}]
formulas_dir: %q
`, filepath.Join(dir, "formulas"))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	file, err := config.Load(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	book, err := rulebook.Open(file, rulebook.Options{Path: path})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(book.Put("oversold", []byte("expression: rsi(close, 2) < 10")))
	err = book.Put("wrong", []byte("expression: rsi(clse, 2) < 10"))
	if invalid, ok := errors.AsType[*rulebook.InvalidError](err); ok {
		fmt.Println(invalid.Problems[0].Message)
	}
	inForce, faults := book.List()
	for _, f := range inForce {
		fmt.Println(f.Name, f.Origin)
	}
	fmt.Println(len(faults), "faults")
	// Output:
	// <nil>
	// unknown name "clse"
	// up config
	// oversold file
	// 0 faults
}
