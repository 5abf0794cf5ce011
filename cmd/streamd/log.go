package main

import (
	"io"
	"os"

	"github.com/rs/zerolog"
)

// logTime is how the log writes times.
const logTime = "2006-01-02T15:04:05.000Z07:00"

func newLogger(level, format string, w io.Writer) zerolog.Logger {
	zerolog.TimeFieldFormat = logTime
	if format != "json" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: logTime, NoColor: os.Getenv("NO_COLOR") != "" || !isTerminal(w)}
	}
	l, err := zerolog.ParseLevel(level)
	if err != nil || level == "" {
		l = zerolog.InfoLevel
	}
	return zerolog.New(w).Level(l).With().Timestamp().Logger()
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
