package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"streamd/candle"
	"streamd/candle/wire"
	"streamd/topics"
)

// topicName is what Kafka lets a topic be called.
var topicName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

// checkOwnTopics wants a topic for each purpose: signals in the topic of formulas, say, would be read as formulas.
func (f *Configuration) checkOwnTopics(p *problems) {
	purposes := map[string]string{}
	for _, t := range []struct{ path, purpose, name string }{
		{"$.kafka.signals", "signals", f.Kafka.Signals},
		{"$.kafka.dead_letters", "dead letters", f.Kafka.DeadLetters},
		{"$.kafka.group", "the state of the group", f.StateTopic()},
		{"$.formulas_topic", "formulas", f.FormulasTopic},
		{"$.outcomes.topic", "outcomes", f.OutcomesTopic()},
		{"$.notify.undelivered", "undelivered signals", f.UndeliveredTopic()},
	} {
		switch other, taken := purposes[t.name]; {
		case t.name == "" || f.Kafka.Group == "" && t.path == "$.kafka.group":
			continue
		case !topicName.MatchString(t.name):
			p.add(t.path, "%q, for %s, is no name of a topic: letters, digits and . _ - only, 249 at most", t.name,
				t.purpose)
		case taken:
			p.add(t.path, "topic %s cannot be for %s, as it is for %s", t.name, t.purpose, other)
		}
		purposes[t.name] = t.purpose
	}
}

// StateTopic is the compacted topic that streamd keeps the state of the group in.
func (f *Configuration) StateTopic() string { return f.Kafka.Group + "-state" }

// AcrossTopic returns the topic of closed bars, which formulas on other series read.
func (f *Configuration) AcrossTopic() string { return f.Kafka.Group + "-across" }

// BarriersTopic returns the compacted topic that says who was left out of a closed bar.
func (f *Configuration) BarriersTopic() string { return f.Kafka.Group + "-barriers" }

// outcomesAfterDefault is the default of outcomes.after.
var outcomesAfterDefault = []int{1, 5, 20}

// OutcomesAfter returns the numbers of bars after a signal whose outcomes are wanted, nil for none.
func (f *Configuration) OutcomesAfter() []int {
	switch {
	case f.Outcomes == nil:
		return nil
	case len(f.Outcomes.After) == 0:
		return outcomesAfterDefault
	}
	return f.Outcomes.After
}

// OutcomesTopic is where outcomes go, empty where none are wanted.
func (f *Configuration) OutcomesTopic() string {
	switch {
	case f.Outcomes == nil:
		return ""
	case f.Outcomes.Topic == "":
		return "outcomes"
	}
	return f.Outcomes.Topic
}

// UndeliveredTopic is where signals go that no receiver took, empty where nobody is notified.
func (f *Configuration) UndeliveredTopic() string {
	if f.Notify == nil || f.Kafka.Signals == "" {
		return ""
	}
	return f.Notify.UndeliveredTopic(f.Kafka.Signals)
}

// Outputs returns the topics of a daemon that are no input. Patterns of inputs do not match them.
func (f *Configuration) Outputs() []string {
	return []string{
		f.Kafka.Signals, f.Kafka.DeadLetters, f.StateTopic(), f.FormulasTopic, f.OutcomesTopic(), f.UndeliveredTopic(),
		f.AcrossTopic(), f.BarriersTopic(),
	}
}

// Inputs returns the topics of candles.
func (f *Configuration) Inputs() []topics.Source { return f.inputs }

// Input returns the input topic of a name, which a configured pattern may match.
func (f *Configuration) Input(name string) (topics.Source, bool) {
	for _, t := range f.inputs {
		if t.Name == name || t.Pattern != nil && t.Pattern.MatchString(name) {
			t.Name, t.Pattern = name, nil
			return t, true
		}
	}
	return topics.Source{}, false
}

func (f *Configuration) makeInputs(p *problems) {
	if len(f.Kafka.Topics) == 0 {
		p.add("$.kafka", "kafka.topics is missing")
	}
	for i := range f.Kafka.Topics {
		if t, ok := f.input(&f.Kafka.Topics[i], fmt.Sprintf("$.kafka.topics[%d]", i), p); ok {
			f.inputs = append(f.inputs, t)
		}
	}
}

func (f *Configuration) input(t *topicSettings, path string, p *problems) (topic topics.Source, ok bool) {
	topic.Name = t.Name
	switch {
	case t.Name == "":
		p.add(path, "name is missing")
		return topic, false
	case slices.Contains(f.Outputs(), t.Name):
		p.add(path+".name", "%s is no input: it is another of the topics named here", t.Name)
		return topic, false
	case len(t.Name) > 2 && strings.HasPrefix(t.Name, "/") && strings.HasSuffix(t.Name, "/"):
		re, err := regexp.Compile(`^(?:` + t.Name[1:len(t.Name)-1] + `)$`)
		if err != nil {
			p.add(path+".name", "%v", err)
			return topic, false
		}
		topic.Pattern = re
	}
	if t.Timeframe != "" {
		tf, err := candle.ParseTimeframe(t.Timeframe)
		if err != nil {
			p.add(path+".timeframe", "%v", err)
		}
		topic.Default.Timeframe = tf
	}
	format := t.Format
	if format == "" {
		format = "flat"
	}
	if topic.Mapping, ok = wire.Format(format); !ok {
		p.add(path+".format", "unknown format %q; there are %s", format, strings.Join(wire.Formats(), ", "))
		return topic, false
	}
	p.oneOf(path+".closed_by", t.ClosedBy, "message", "next")
	topic.ClosedByNext = t.ClosedBy == "next" || t.ClosedBy == "" && t.Mapping == nil && wire.RepeatsBars(format)
	if t.Mapping != nil {
		topic.Mapping = *t.Mapping
	}
	if _, err := wire.NewDecoder(topic.Mapping, topic.Default); err != nil {
		p.add(path, "%v", err)
	}
	return topic, true
}
