package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/topics"
)

// topicName is what Kafka lets a topic be called.
var topicName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

// checkOwnTopics wants a topic for each purpose: one that holds formulas and signals,
// say, would be read as what it is not.
func (c *loaded) checkOwnTopics(fail func(where, format string, args ...any)) {
	purposes := map[string]string{}
	for _, t := range []struct{ where, purpose, name string }{
		{"$.kafka.signals", "signals", c.Kafka.Signals},
		{"$.kafka.dead_letters", "dead letters", c.Kafka.DeadLetters},
		{"$.kafka.group", "the state of the group", c.Kafka.stateTopic()},
		{"$.formulas_topic", "formulas", c.FormulasTopic},
	} {
		switch other, taken := purposes[t.name]; {
		case t.name == "" || c.Kafka.Group == "" && t.where == "$.kafka.group":
			continue
		case !topicName.MatchString(t.name):
			fail(t.where, "%q, for %s, is no name of a topic: letters, digits and . _ - only, 249 at most", t.name,
				t.purpose)
		case taken:
			fail(t.where, "topic %s cannot be for %s, as it is for %s", t.name, t.purpose, other)
		}
		purposes[t.name] = t.purpose
	}
}

// others returns the topics of a daemon that are no input. Patterns do not mean them.
func (c *config) others() []string {
	return []string{c.Kafka.Signals, c.Kafka.DeadLetters, c.Kafka.stateTopic(), c.FormulasTopic}
}

func (k *kafkaConfig) stateTopic() string { return k.Group + "-state" }

func (c *loaded) makeTopics(fail func(where, format string, args ...any)) {
	if len(c.Kafka.Topics) == 0 {
		fail("$.kafka", "kafka.topics is missing")
	}
	for i, t := range c.Kafka.Topics {
		where := fmt.Sprintf("$.kafka.topics[%d]", i)
		topic := topics.Topic{Name: t.Name}
		switch {
		case t.Name == "":
			fail(where, "name is missing")
			continue
		case slices.Contains(c.others(), t.Name):
			fail(where+".name", "%s is no input: it is another of the topics named here", t.Name)
			continue
		case len(t.Name) > 2 && strings.HasPrefix(t.Name, "/") && strings.HasSuffix(t.Name, "/"):
			re, err := regexp.Compile(`^(?:` + t.Name[1:len(t.Name)-1] + `)$`)
			if err != nil {
				fail(where+".name", "%v", err)
				continue
			}
			topic.Pattern = re
		}
		if t.Timeframe != "" {
			tf, err := candle.ParseTimeframe(t.Timeframe)
			if err != nil {
				fail(where+".timeframe", "%v", err)
			}
			topic.Default.Timeframe = tf
		}
		format := t.Format
		if format == "" {
			format = "flat"
		}
		m, ok := candle.Format(format)
		if !ok {
			fail(where+".format", "unknown format %q; there are %s", format, strings.Join(candle.Formats(), ", "))
			continue
		}
		if t.Mapping != nil {
			m = *t.Mapping
		}
		topic.Mapping = m
		if _, err := candle.NewDecoder(m, topic.Default); err != nil {
			fail(where, "%v", err)
		}
		c.topics = append(c.topics, topic)
	}
}
