package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"streamd/candle"
	"streamd/formula"
	"streamd/kafka"
	"streamd/sink"
	"streamd/stream"
	"streamd/topics"

	"github.com/goccy/go-yaml"
)

// config is the configuration file.
type config struct {
	Kafka      kafkaConfig     `yaml:"kafka" json:"kafka"`
	State      stateConfig     `yaml:"state,omitempty" json:"state,omitempty"`
	Buffer     int             `yaml:"buffer,omitempty" json:"buffer,omitempty" jsonschema:"minimum=1,maximum=100000,description=candles kept per series; the greatest lookback"`
	MaxSeries  int             `yaml:"max_series,omitempty" json:"max_series,omitempty" jsonschema:"minimum=1,description=series held of one input partition; candles of further ones are dead letters; 100000"`
	Candles    candlesConfig   `yaml:"candles,omitempty" json:"candles,omitempty"`
	Indicators yaml.MapSlice   `yaml:"indicators,omitempty" json:"indicators,omitempty" jsonschema:"type=object"`
	Formulas   []formulaConfig `yaml:"formulas,omitempty" json:"formulas,omitempty"`
	// FormulasDir holds further files with a list of formulas each; formulas put
	// over HTTP are kept there.
	FormulasDir string `yaml:"formulas_dir,omitempty" json:"formulas_dir,omitempty" jsonschema:"description=folder with further *.yaml files of formulas; watched"`
	// FormulasTopic is a compacted topic with the settings of a formula under its name.
	FormulasTopic string          `yaml:"formulas_topic,omitempty" json:"formulas_topic,omitempty" jsonschema:"description=compacted topic of formulas: the key is the name and the value its settings as YAML or JSON; null takes it away"`
	Sinks         []sink.Settings `yaml:"sinks,omitempty" json:"sinks,omitempty"`
	HTTP          httpConfig      `yaml:"http,omitempty" json:"http,omitempty"`
	Log           logConfig       `yaml:"log,omitempty" json:"log,omitempty"`
}

type kafkaConfig struct {
	Brokers        []string      `yaml:"brokers" json:"brokers"`
	Group          string        `yaml:"group" json:"group"`
	Topics         []topicConfig `yaml:"topics" json:"topics"`
	Signals        string        `yaml:"signals" json:"signals"`
	DeadLetters    string        `yaml:"dead_letters,omitempty" json:"dead_letters,omitempty"`
	Start          string        `yaml:"start,omitempty" json:"start,omitempty" jsonschema:"enum=earliest,enum=latest"`
	Delivery       string        `yaml:"delivery,omitempty" json:"delivery,omitempty" jsonschema:"enum=exactly_once,enum=at_least_once"`
	LeaveOnStop    bool          `yaml:"leave_on_stop,omitempty" json:"leave_on_stop,omitempty" jsonschema:"description=give the partitions to the other instances at once when stopped; otherwise they wait a session timeout for this one to come back"`
	OffsetsLost    string        `yaml:"offsets_lost,omitempty" json:"offsets_lost,omitempty" jsonschema:"enum=halt,enum=earliest,enum=latest,description=when the committed offset is not in its partition any more"`
	SessionTimeout string        `yaml:"session_timeout,omitempty" json:"session_timeout,omitempty"`
	TLS            *tlsConfig    `yaml:"tls,omitempty" json:"tls,omitempty"`
	SASL           *saslConfig   `yaml:"sasl,omitempty" json:"sasl,omitempty"`
}

type topicConfig struct {
	Name      string          `yaml:"name" json:"name" jsonschema:"description=a topic or /a regular expression/"`
	Timeframe string          `yaml:"timeframe,omitempty" json:"timeframe,omitempty"`
	Format    string          `yaml:"format,omitempty" json:"format,omitempty"`
	Mapping   *candle.Mapping `yaml:"mapping,omitempty" json:"mapping,omitempty" jsonschema:"type=object"`
}

type tlsConfig struct {
	CA   string `yaml:"ca,omitempty" json:"ca,omitempty"`
	Cert string `yaml:"cert,omitempty" json:"cert,omitempty"`
	Key  string `yaml:"key,omitempty" json:"key,omitempty"`
}

type saslConfig struct {
	Mechanism string `yaml:"mechanism" json:"mechanism" jsonschema:"enum=plain,enum=scram-sha-256,enum=scram-sha-512"`
	Username  string `yaml:"username" json:"username"`
	Password  string `yaml:"password" json:"password"`
}

type candlesConfig struct {
	Gaps string `yaml:"gaps,omitempty" json:"gaps,omitempty" jsonschema:"enum=skip,enum=fill,enum=reset"`
}

type formulaConfig struct {
	Name       string             `yaml:"name" json:"name"`
	Expression string             `yaml:"expression" json:"expression"`
	SignalType string             `yaml:"signal_type,omitempty" json:"signal_type,omitempty" jsonschema:"enum=ENTRY,enum=EXIT,enum=SCAN_HIT"`
	Symbols    []string           `yaml:"symbols,omitempty" json:"symbols,omitempty"`
	Timeframes []string           `yaml:"timeframes,omitempty" json:"timeframes,omitempty"`
	Mode       string             `yaml:"mode,omitempty" json:"mode,omitempty" jsonschema:"enum=every,enum=edge"`
	For        int                `yaml:"for,omitempty" json:"for,omitempty"`
	Cooldown   int                `yaml:"cooldown,omitempty" json:"cooldown,omitempty"`
	MinBars    int                `yaml:"min_bars,omitempty" json:"min_bars,omitempty"`
	Intrabar   bool               `yaml:"intrabar,omitempty" json:"intrabar,omitempty"`
	Metadata   map[string]string  `yaml:"metadata,omitempty" json:"metadata,omitempty"`
	Params     map[string]float64 `yaml:"params,omitempty" json:"params,omitempty"`
}

type httpConfig struct {
	Listen string `yaml:"listen,omitempty" json:"listen,omitempty"`
	Token  string `yaml:"token,omitempty" json:"token,omitempty" jsonschema:"description=wanted as Authorization: Bearer; needed where listen is not the loopback"`
}

type logConfig struct {
	Level  string `yaml:"level,omitempty" json:"level,omitempty" jsonschema:"enum=debug,enum=info,enum=warn,enum=error"`
	Format string `yaml:"format,omitempty" json:"format,omitempty" jsonschema:"enum=console,enum=json"`
}

// loaded is a configuration that passed all checks.
type loaded struct {
	config
	rules   *stream.Rules
	named   []formula.Named // the indicators
	doc     *document
	topics  []topics.Topic
	session time.Duration

	snapshotEvery time.Duration
}

// loadConfig reads, expands and checks a configuration file with the formulas of
// its folder. The error lists every problem found, each with file:line:col and a
// caret.
func loadConfig(path string) (*loaded, error) {
	c, problems, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	return c.finish(problems, true)
}

// loadBase is loadConfig without the folder.
func loadBase(path string) (*loaded, error) {
	c, problems, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	return c.finish(problems, false)
}

// readConfig reads a configuration and returns what is wrong with it beside its
// formulas.
func readConfig(path string) (*loaded, []string, error) {
	doc, err := readYAML(path)
	if err != nil {
		return nil, nil, usage{err}
	}
	return configOf(doc)
}

// configOf is readConfig of what has been read.
func configOf(doc *document) (*loaded, []string, error) {
	c := &loaded{doc: doc}
	if err := doc.decode(&c.config); err != nil {
		return nil, nil, usage{err}
	}
	var problems []string
	fail := func(where, format string, args ...any) {
		problems = append(problems, doc.at(where, fmt.Sprintf(format, args...)))
	}
	c.check(fail)
	c.makeTopics(fail)
	return c, problems, nil
}

// finish judges the formulas, those of the folder as well if wanted.
func (c *loaded) finish(problems []string, folder bool) (*loaded, error) {
	all := c.own()
	if folder {
		for _, s := range c.folder() {
			all = append(all, s.candidates...)
			if s.err != nil {
				problems = append(problems, s.err.Error())
			}
		}
	}
	fail := func(where, format string, args ...any) {
		problems = append(problems, c.doc.at(where, fmt.Sprintf(format, args...)))
	}
	c.makeRules(all, fail, func(text string) { problems = append(problems, text) })
	if len(problems) > 0 {
		return nil, usage{fmt.Errorf("%s", strings.Join(problems, "\n"))}
	}
	return c, nil
}

func (c *loaded) check(fail func(where, format string, args ...any)) {
	if len(c.Kafka.Brokers) == 0 {
		fail("$.kafka", "kafka.brokers is missing")
	}
	if c.Kafka.Group == "" {
		fail("$.kafka", "kafka.group is missing")
	}
	if c.Kafka.Signals == "" {
		fail("$.kafka", "kafka.signals is missing")
	}
	oneOf(fail, "$.kafka.start", c.Kafka.Start, "earliest", "latest")
	oneOf(fail, "$.kafka.delivery", c.Kafka.Delivery, "exactly_once", "at_least_once")
	oneOf(fail, "$.log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf(fail, "$.log.format", c.Log.Format, "console", "json")
	c.checkEngine(fail)
	c.checkState(fail)
	c.session = 10 * time.Second
	if c.Kafka.SessionTimeout != "" {
		d, err := time.ParseDuration(c.Kafka.SessionTimeout)
		if err != nil || d < time.Second || d > 5*time.Minute {
			fail("$.kafka.session_timeout", "%q is no duration between 1s and 5m", c.Kafka.SessionTimeout)
		} else {
			c.session = d
		}
	}
	if _, err := kafka.Open(kafka.Config{Brokers: c.Kafka.Brokers, SASL: c.sasl()}); err != nil &&
		len(c.Kafka.Brokers) > 0 {
		fail("$.kafka", "%v", err)
	}
	c.checkOwnTopics(fail)
	c.checkListen(fail)
	for i, s := range c.Sinks {
		if key, err := s.Check(); err != nil {
			fail(strings.TrimSuffix(fmt.Sprintf("$.sinks[%d].%s", i, key), "."), "%v", err)
		}
	}
}

// checkListen wants a token where others than this machine can ask.
func (c *loaded) checkListen(fail func(where, format string, args ...any)) {
	if c.HTTP.Listen == "" {
		return
	}
	host, port, err := net.SplitHostPort(c.HTTP.Listen)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		fail("$.http.listen", "%q is no address as 127.0.0.1:8080", c.HTTP.Listen)
		return
	}
	if ip := net.ParseIP(host); c.HTTP.Token == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		fail("$.http.listen", "%q is not the loopback: http.token is needed", c.HTTP.Listen)
	}
}

// bufferMax is how many candles per series can be kept.
const bufferMax = 100_000

// checkEngine checks what the values of formulas depend on beside their text.
func (c *loaded) checkEngine(fail func(where, format string, args ...any)) {
	if c.Buffer < 0 || c.Buffer > bufferMax || c.Buffer == 0 && c.doc.has("buffer") {
		fail("$.buffer", "buffer %d is outside 1 to %d", c.Buffer, bufferMax)
	}
	oneOf(fail, "$.candles.gaps", c.Candles.Gaps, "skip", "fill", "reset")
}

// oneOf checks a word, empty for the default.
func oneOf(fail func(where, format string, args ...any), where, value string, words ...string) {
	if value != "" && !slices.Contains(words, value) {
		fail(where, "%q is none of %s", value, strings.Join(words, ", "))
	}
}

// checkFormulas checks the part of a configuration that commands on history
// use: formulas, indicators and how candles are treated.
func (c *loaded) checkFormulas(doc *document) error {
	c.doc = doc
	var problems []string
	c.checkEngine(func(where, format string, args ...any) {
		problems = append(problems, doc.at(where, fmt.Sprintf(format, args...)))
	})
	_, err := c.finish(problems, true)
	return err
}

// makeRules judges formulas; what is wrong goes to raw, all of it.
func (c *loaded) makeRules(all []candidate, fail func(where, format string, args ...any), raw func(string)) {
	c.readIndicators(fail)
	rules, problems, err := c.judge(all)
	if err != nil {
		raw(err.Error())
	}
	for i := range all {
		if text, ok := problems[i]; ok {
			raw(text)
		}
	}
	c.rules = rules
}

func (c *loaded) sasl() *kafka.SASL {
	if c.Kafka.SASL == nil {
		return nil
	}
	return &kafka.SASL{
		Mechanism: c.Kafka.SASL.Mechanism, Username: c.Kafka.SASL.Username,
		Password: c.Kafka.SASL.Password,
	}
}

// clientConfig returns how to reach the brokers.
func (c *loaded) clientConfig() (kafka.Config, error) {
	k := kafka.Config{Brokers: c.Kafka.Brokers, SASL: c.sasl()}
	t := c.Kafka.TLS
	if t == nil {
		return k, nil
	}
	k.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return k, fmt.Errorf("streamd: kafka.tls.ca: %w", err)
		}
		k.TLS.RootCAs = x509.NewCertPool()
		if !k.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return k, fmt.Errorf("streamd: kafka.tls.ca: no certificate in %s", t.CA)
		}
	}
	if t.Cert != "" || t.Key != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return k, fmt.Errorf("streamd: kafka.tls: %w", err)
		}
		k.TLS.Certificates = []tls.Certificate{pair}
	}
	return k, nil
}
