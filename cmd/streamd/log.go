package main

import (
	"io"

	"github.com/rs/zerolog"
)

// logTime is how the log writes times.
const logTime = "2006-01-02T15:04:05.000Z07:00"

func newLogger(level, format string, w io.Writer) zerolog.Logger {
	zerolog.TimeFieldFormat = logTime
	if format != "json" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: logTime, NoColor: !bool(paletteOf(w))}
	}
	l, err := zerolog.ParseLevel(level)
	if err != nil || level == "" {
		l = zerolog.InfoLevel
	}
	return zerolog.New(w).Level(l).With().Timestamp().Logger()
}
