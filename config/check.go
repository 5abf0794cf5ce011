package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"streamd/stream"
)

func (f *Configuration) check(p *problems) {
	if f.Kafka.Group == "" {
		p.add("$.kafka", "kafka.group is missing")
	}
	if f.Kafka.Signals == "" {
		p.add("$.kafka", "kafka.signals is missing")
	}
	p.oneOf("$.kafka.start", f.Kafka.Start, "earliest", "latest")
	p.oneOf("$.kafka.delivery", f.Kafka.Delivery, "exactly_once", "at_least_once")
	p.oneOf("$.kafka.offsets_lost", f.Kafka.OffsetsLost, "halt", "earliest", "latest")
	p.oneOf("$.kafka.bad_batches", f.Kafka.BadBatches, "skip", "halt")
	if mb := f.Kafka.BatchMaxMB; mb < 0 || mb > 1024 {
		p.add("$.kafka.batch_max_mb", "%d is outside 1 to 1024", mb)
	}
	p.between("$.kafka.session_timeout", f.Kafka.SessionTimeout, time.Second, 5*time.Minute)
	p.oneOf("$.log.level", f.Log.Level, "debug", "info", "warn", "error")
	p.oneOf("$.log.format", f.Log.Format, "console", "json")
	f.checkBrokers(p)
	f.checkEngine(p)
	f.checkState(p)
	f.checkOwnTopics(p)
	f.checkListen(p)
	f.checkSinks(p)
	f.checkNotify(p)
}

// BufferMax is how many candles per series can be kept.
const BufferMax = 100_000

func (f *Configuration) checkEngine(p *problems) {
	if f.Buffer < 0 || f.Buffer > BufferMax || f.Buffer == 0 && f.doc.Has("buffer") {
		p.add("$.buffer", "buffer %d is outside 1 to %d", f.Buffer, BufferMax)
	}
	p.oneOf("$.candles.gaps", f.Candles.Gaps, "skip", "fill", "reset")
	if text := f.Candles.AheadMax; text != "off" {
		p.between("$.candles.ahead_max", text, time.Second, 366*24*time.Hour)
	}
	if err := stream.CheckOutcomes(f.OutcomesAfter()); err != nil {
		p.add("$.outcomes.after", "%s", strings.TrimPrefix(err.Error(), "stream: "))
	}
	if len(f.Named()) != len(f.Indicators) {
		p.add("$.indicators", "an indicator is `name: expression`")
	}
	f.checkUniverses(p)
}

func (f *Configuration) checkState(p *problems) {
	if f.State.WarmLayout != nil && f.State.WarmFrom == "" {
		p.add("$.state.warm_layout", "it says how files are read, and warm_from names none")
	}
	f.State.WarmLayout.check(p, "$.state.warm_layout", "")
	p.between("$.state.snapshot_every", f.State.SnapshotEvery, 100*time.Millisecond, time.Hour)
	if f.State.SizeMaxMB < 0 {
		p.add("$.state.size_max_mb", "%d is no size", f.State.SizeMaxMB)
	}
	if text := f.SeriesExpire; text != "off" {
		p.between("$.series_expire", text, time.Minute, 10*366*24*time.Hour)
	}
	if _, err := parseMemory(f.Limits.Memory, 0); err != nil {
		p.add("$.limits.memory", "%v", err)
	}
	if f.Limits.Formulas < 0 {
		p.add("$.limits.formulas", "%d is no number of formulas", f.Limits.Formulas)
	}
	if f.MaxSeries < 0 {
		p.add("$.max_series", "%d is no number of series", f.MaxSeries)
	}
}

// checkListen wants a token where others than this machine can ask.
func (f *Configuration) checkListen(p *problems) {
	if f.HTTP.Listen == "" {
		return
	}
	host, port, err := net.SplitHostPort(f.HTTP.Listen)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		p.add("$.http.listen", "%q is no address as 127.0.0.1:8080", f.HTTP.Listen)
		return
	}
	if ip := net.ParseIP(host); f.HTTP.Token == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		p.add("$.http.listen", "%q is not the loopback: http.token is needed", f.HTTP.Listen)
	}
}

func (f *Configuration) checkSinks(p *problems) {
	for i, s := range f.Sinks {
		if key, err := s.Check(); err != nil {
			p.add(strings.TrimSuffix(fmt.Sprintf("$.sinks[%d].%s", i, key), "."), "%v", err)
		}
	}
}

func (f *Configuration) checkNotify(p *problems) {
	if address := f.Tracing.Endpoint; address != "" {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			p.add("$.tracing.endpoint", "tracing.endpoint is no address as http://127.0.0.1:4318/v1/traces")
		}
	}
	if address := f.HTTP.PublicURL; address != "" {
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			p.add("$.http.public_url", "this is no address as https://streamd.example.com")
		}
	}
	if f.Notify == nil {
		return
	}
	for _, problem := range f.Notify.Check() {
		path := strings.TrimSuffix("$.notify."+problem.Path, ".")
		if problem.Template != "" {
			text := p.doc.InFormula(path, "template", problem.Template, problem.Diagnostics)
			p.errs = append(p.errs, errors.New(text))
			continue
		}
		p.add(path, "%v", problem.Err)
	}
}

// oneOf checks a word; empty stands for the default.
func (p *problems) oneOf(path, value string, words ...string) {
	if value != "" && !slices.Contains(words, value) {
		p.add(path, "%q is none of %s", value, strings.Join(words, ", "))
	}
}

// between checks a duration; empty stands for the default.
func (p *problems) between(path, value string, least, most time.Duration) {
	if value == "" {
		return
	}
	if d, err := time.ParseDuration(value); err != nil || d < least || d > most {
		p.add(path, "%q is no duration between %s and %s", value, short(least), short(most))
	}
}

// short writes a duration as people do: 5m, not 5m0s.
func short(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}
