// Package doctor asks a cluster whether it can keep what a configuration promises, and
// says in plain words where it cannot.
//
//	for _, f := range doctor.Examine(ctx, cfg) {
//		fmt.Println(f)
//	}
//
// brokers.go asks the brokers themselves, topics.go the topics, transactions.go what
// is open.
package doctor

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"streamd/kafka"
)

// Config is what to ask about.
type Config struct {
	Client                         *kafka.Client
	Addresses                      []string // of the brokers, as the configuration has them
	Group                          string
	Inputs                         []string         // topics of candles
	Patterns                       []*regexp.Regexp // of their names
	Except                         []string         // topics that match no pattern
	Signals, DeadLetters, State    string           // topics; empty for none
	StateDir                       bool             // the state is in a directory, too
	Await                          bool             // the caller waits for inputs that are missing, and says so
	ExactlyOnce                    bool
	Try                            bool // make a transaction of no consequence
	SnapshotEvery, SessionTimeout  time.Duration
	TransactionTimeout, AnswerTime time.Duration // default 15 s each
}

// Level says what a finding means.
type Level int

const (
	Fine    Level = iota
	Warning       // worth knowing
	Broken        // a promise of the configured delivery does not hold
	Fatal         // signals would be lost: streamd does not start
)

func (l Level) String() string { return [...]string{"ok", "warning", "PROBLEM", "PROBLEM"}[l] }

// Symptom is one answer, a line.
type Symptom struct {
	Level Level
	Text  string
}

func (f Symptom) String() string { return fmt.Sprintf("%-8s %s", f.Level, f.Text) }

// Worst is the highest level among findings.
func Worst(findings []Symptom) Level {
	worst := Fine
	for _, f := range findings {
		worst = max(worst, f.Level)
	}
	return worst
}

// examination collects findings.
type examination struct {
	Config
	brokers  []kafka.Broker
	settings map[string]string // of the first broker
	level    int16             // the least transaction.version, -1 where it is not known
	refused  bool              // something stands against the delivery
	findings []Symptom
}

// Examine asks everything. It takes at most a few times Config.AnswerTime.
func Examine(ctx context.Context, cfg Config) []Symptom {
	if cfg.AnswerTime == 0 {
		cfg.AnswerTime = 15 * time.Second
	}
	if cfg.TransactionTimeout == 0 {
		cfg.TransactionTimeout = 15 * time.Second
	}
	e := &examination{Config: cfg, level: -1}
	if !e.askBrokers(ctx) {
		return e.findings
	}
	e.askRights(ctx)
	e.askTopics(ctx)
	e.askTransactions(ctx)
	e.sayDelivery()
	return e.findings
}

func (e *examination) note(level Level, format string, args ...any) {
	e.findings = append(e.findings, Symptom{level, fmt.Sprintf(format, args...)})
}

// within is the time for one question.
func (e *examination) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, e.AnswerTime)
}
