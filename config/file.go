package config

import (
	"errors"
	"time"

	"streamd/candle/wire"
	"streamd/formula"
	"streamd/notify"
	"streamd/sink"
	"streamd/topics"

	"github.com/goccy/go-yaml"
)

// Configuration is a configuration file. Each key is described in keys.txt.
type Configuration struct {
	Kafka         kafkaSettings          `yaml:"kafka"`
	State         stateSettings          `yaml:"state,omitempty"`
	Buffer        int                    `yaml:"buffer,omitempty" jsonschema:"minimum=1,maximum=100000"`
	MaxSeries     int                    `yaml:"max_series,omitempty" jsonschema:"minimum=1"`
	SeriesExpire  string                 `yaml:"series_expire,omitempty"`
	Limits        limitsSettings         `yaml:"limits,omitempty"`
	Candles       candlesSettings        `yaml:"candles,omitempty"`
	Indicators    yaml.MapSlice          `yaml:"indicators,omitempty"`
	Universes     map[string]any         `yaml:"universes,omitempty"`
	Universe      UniverseSettings       `yaml:"universe,omitempty"`
	Formulas      []FormulaSettings      `yaml:"formulas,omitempty"`
	FormulasDir   string                 `yaml:"formulas_dir,omitempty"`
	FormulasTopic string                 `yaml:"formulas_topic,omitempty"`
	Sinks         []sink.Settings        `yaml:"sinks,omitempty"`
	Outcomes      *outcomeSettings       `yaml:"outcomes,omitempty"`
	Notify        *notify.NotifySettings `yaml:"notify,omitempty"`
	HTTP          httpSettings           `yaml:"http,omitempty"`
	Log           logSettings            `yaml:"log,omitempty"`
	Tracing       tracingSettings        `yaml:"tracing,omitempty"`

	doc       *Document
	universes []formula.Universe
	others    bool
	inputs    []topics.Source
}

type kafkaSettings struct {
	Brokers        []string        `yaml:"brokers"`
	Group          string          `yaml:"group"`
	Topics         []topicSettings `yaml:"topics"`
	Signals        string          `yaml:"signals"`
	DeadLetters    string          `yaml:"dead_letters,omitempty"`
	CreateTopics   bool            `yaml:"create_topics,omitempty"`
	Start          string          `yaml:"start,omitempty" jsonschema:"enum=earliest,enum=latest"`
	Delivery       string          `yaml:"delivery,omitempty" jsonschema:"enum=exactly_once,enum=at_least_once"`
	LeaveOnStop    bool            `yaml:"leave_on_stop,omitempty"`
	OffsetsLost    string          `yaml:"offsets_lost,omitempty" jsonschema:"enum=halt,enum=earliest,enum=latest"`
	BadBatches     string          `yaml:"bad_batches,omitempty" jsonschema:"enum=skip,enum=halt"`
	BatchMaxMB     int             `yaml:"batch_max_mb,omitempty" jsonschema:"minimum=1,maximum=1024"`
	SessionTimeout string          `yaml:"session_timeout,omitempty"`
	TLS            *tlsSettings    `yaml:"tls,omitempty"`
	SASL           *saslSettings   `yaml:"sasl,omitempty"`
}

type topicSettings struct {
	Name      string        `yaml:"name"`
	Timeframe string        `yaml:"timeframe,omitempty"`
	Format    string        `yaml:"format,omitempty"`
	Mapping   *wire.Mapping `yaml:"mapping,omitempty"`
	ClosedBy  string        `yaml:"closed_by,omitempty" jsonschema:"enum=message,enum=next"`
}

type tlsSettings struct {
	CA   string `yaml:"ca,omitempty"`
	Cert string `yaml:"cert,omitempty"`
	Key  string `yaml:"key,omitempty"`
}

type saslSettings struct {
	Mechanism string `yaml:"mechanism" jsonschema:"enum=plain,enum=scram-sha-256,enum=scram-sha-512"`
	Username  string `yaml:"username"`
	Password  string `yaml:"password"`
}

type stateSettings struct {
	Dir           string          `yaml:"dir,omitempty"`
	SnapshotEvery string          `yaml:"snapshot_every,omitempty"`
	SizeMaxMB     int64           `yaml:"size_max_mb,omitempty" jsonschema:"minimum=1"`
	WarmFrom      string          `yaml:"warm_from,omitempty"`
	WarmLayout    *LayoutSettings `yaml:"warm_layout,omitempty"`
}

type limitsSettings struct {
	Memory   string `yaml:"memory,omitempty"`
	Formulas int    `yaml:"formulas,omitempty" jsonschema:"minimum=1"`
}

type candlesSettings struct {
	Gaps     string `yaml:"gaps,omitempty" jsonschema:"enum=skip,enum=fill,enum=reset"`
	AheadMax string `yaml:"ahead_max,omitempty"`
}

type outcomeSettings struct {
	After []int  `yaml:"after,omitempty"`
	Topic string `yaml:"topic,omitempty"`
}

// FormulaSettings is a formula as a configuration, a file of the folder or a record of the topic writes it.
type FormulaSettings struct {
	Name       string                          `yaml:"name" json:"name"`
	Expression string                          `yaml:"expression" json:"expression"`
	SignalType string                          `yaml:"signal_type,omitempty" json:"signal_type" jsonschema:"enum=ENTRY,enum=EXIT,enum=SCAN_HIT"`
	Symbols    []string                        `yaml:"symbols,omitempty" json:"symbols"`
	Timeframes []string                        `yaml:"timeframes,omitempty" json:"timeframes"`
	Mode       string                          `yaml:"mode,omitempty" json:"mode" jsonschema:"enum=every,enum=edge"`
	For        int                             `yaml:"for,omitempty" json:"for"`
	Cooldown   int                             `yaml:"cooldown,omitempty" json:"cooldown"`
	MinBars    int                             `yaml:"min_bars,omitempty" json:"min_bars"`
	Intrabar   bool                            `yaml:"intrabar,omitempty" json:"intrabar"`
	Resolve    bool                            `yaml:"resolve,omitempty" json:"resolve"`
	Expires    int                             `yaml:"expires,omitempty" json:"expires"`
	Once       bool                            `yaml:"once,omitempty" json:"once"`
	Rearm      string                          `yaml:"rearm,omitempty" json:"rearm"`
	Metadata   map[string]string               `yaml:"metadata,omitempty" json:"metadata"`
	Params     map[string]formula.ParamSetting `yaml:"params,omitempty" json:"params"`
	Paused     bool                            `yaml:"paused,omitempty" json:"paused"` // kept, and not in force
}

type httpSettings struct {
	Listen    string `yaml:"listen,omitempty"`
	Token     string `yaml:"token,omitempty"`
	PublicURL string `yaml:"public_url,omitempty"`
}

type tracingSettings struct {
	Endpoint string `yaml:"endpoint,omitempty"`
}

type logSettings struct {
	Level  string `yaml:"level,omitempty" jsonschema:"enum=debug,enum=info,enum=warn,enum=error"`
	Format string `yaml:"format,omitempty" jsonschema:"enum=console,enum=json"`
}

// Load reads, expands and checks a configuration file. The error lists every problem that was found. Where the file
// could be decoded it is returned beside the error, so that its formulas can be checked as well.
func Load(path string) (*Configuration, error) {
	doc, err := Read(path)
	if err != nil {
		return nil, err
	}
	return ConfigurationOf(doc)
}

// ConfigurationOf is Load for a document that has been read.
func ConfigurationOf(doc *Document) (*Configuration, error) {
	f := &Configuration{doc: doc}
	if err := doc.Decode(f); err != nil {
		return nil, err
	}
	p := &problems{doc: doc}
	f.check(p)
	f.makeInputs(p)
	return f, p.err()
}

// EngineOf decodes a document for commands on history, which use its formulas, its indicators, its universes, the
// buffer and how gaps are treated; only these are checked. Formulas may look at other series.
func EngineOf(doc *Document) (*Configuration, error) {
	f := &Configuration{others: true}
	if err := doc.Decode(f); err != nil {
		return nil, err
	}
	return f, f.CheckEngine(doc)
}

// CheckEngine checks what the values of formulas depend on beside their text, of settings that were read from doc.
func (f *Configuration) CheckEngine(doc *Document) error {
	f.doc = doc
	p := &problems{doc: doc}
	f.checkEngine(p)
	return p.err()
}

// Document returns the text that the file was read from.
func (f *Configuration) Document() *Document { return f.doc }

// Named returns the indicators in the order of the file.
func (f *Configuration) Named() []formula.Named {
	named := make([]formula.Named, 0, len(f.Indicators))
	for _, item := range f.Indicators {
		name, okName := item.Key.(string)
		expression, okExpression := item.Value.(string)
		if okName && okExpression { // checkEngine reports the others
			named = append(named, formula.Named{Name: name, Expression: expression})
		}
	}
	return named
}

// sessionTimeoutDefault is the default of kafka.session_timeout.
const sessionTimeoutDefault = 10 * time.Second

// SessionTimeout is how long the group waits for an instance that is silent.
func (f *Configuration) SessionTimeout() time.Duration {
	return duration(f.Kafka.SessionTimeout, sessionTimeoutDefault)
}

// snapshotEveryDefault is the default of state.snapshot_every.
const snapshotEveryDefault = 30 * time.Second

// SnapshotEvery is how long a changed series waits for its snapshot.
func (f *Configuration) SnapshotEvery() time.Duration {
	return duration(f.State.SnapshotEvery, snapshotEveryDefault)
}

// aheadMaxDefault is the default of candles.ahead_max. It allows for clocks that differ.
const aheadMaxDefault = 5 * time.Minute

// AheadMax is by how much more than a bar a candle may open later than its Kafka record was written; 0 is no limit.
func (f *Configuration) AheadMax() time.Duration {
	if f.Candles.AheadMax == "off" {
		return 0
	}
	return duration(f.Candles.AheadMax, aheadMaxDefault)
}

// seriesExpireDefault is the default of series_expire.
const seriesExpireDefault = 24 * time.Hour

// SeriesExpiry is how long ago a series must have ended to make room for a new one; 0 for never.
func (f *Configuration) SeriesExpiry() time.Duration {
	if f.SeriesExpire == "off" {
		return 0
	}
	return duration(f.SeriesExpire, seriesExpireDefault)
}

// duration reads a text that was checked.
func duration(text string, byDefault time.Duration) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return byDefault
}

// problems collects what is wrong with a document.
type problems struct {
	doc  *Document
	errs []error
}

// add notes a problem at a path as $.kafka.group.
func (p *problems) add(path, format string, args ...any) {
	p.errs = append(p.errs, p.doc.Errorf(path, format, args...))
}

func (p *problems) err() error { return errors.Join(p.errs...) }
