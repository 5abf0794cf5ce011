// Package config reads and checks the configuration file of streamd.
//
// A Document is YAML with places: an error in it names file:line:col and shows a caret.
// A Configuration is the decoded file:
//
//	file, err := config.Load("config.yaml") // err lists every problem
//	for _, topic := range file.Inputs() {
//		fmt.Println(topic.Name, file.SessionTimeout())
//	}
//
// ${NAME} and ${NAME:-default} are replaced in files that people write (Read), and never in what comes over HTTP or
// from a topic (Parse). The package compiles no formulas (rulebook does) and opens no connection.
//
// Problems in a document are *PlacedError; several of them are joined, so errors.As finds the first.
package config
