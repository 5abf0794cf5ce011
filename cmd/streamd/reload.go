package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"time"

	"streamd/web"
)

// watchEvery is how often the folder of formulas is looked at. Its files are few,
// and a look costs less than telling of changes that come in pieces.
const watchEvery = 2 * time.Second

// reloads reads the configuration again on SIGHUP, and the formulas when their
// folder or their topic changes.
func (d *daemon) reloads(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	var changed <-chan struct{}
	if d.topic != nil {
		changed = d.topic.changed
	}
	seen := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			now := d.book.Load().base.folderState()
			if now == seen {
				continue
			}
			seen = now
			d.refresh()
		case <-changed:
			d.refresh()
		case <-hup:
			if err := d.reload(); err != nil {
				d.log.Error().Err(err).Msg("not everything is reloaded")
			}
		}
	}
}

// refresh puts in force what the folder and the topic hold now.
func (d *daemon) refresh() {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if err := d.apply(d.book.Load().base); err != nil {
		d.log.Error().Err(err).Msg("the formulas stay as they are")
	}
}

// reload reads everything again. A configuration with an error leaves all as it
// was; of the folder and the topic each formula stands for itself, and those that
// are not in force are the error.
func (d *daemon) reload() error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if d.path == "" {
		return web.ErrNoConfig // the demo's
	}
	base, later, err := reloadBase(d.path, d.cfg)
	if err != nil {
		return err
	}
	if len(later) > 0 {
		d.log.Warn().Strs("keys", later).Msg("changes of the configuration that wait for the next start")
	}
	if err := d.apply(base); err != nil {
		return err
	}
	if texts := d.book.Load().problems(); len(texts) > 0 {
		return &web.NotInForce{Problems: texts}
	}
	return nil
}

// reloadBase is loadBase for a daemon that runs: of the configuration it takes the
// formulas and what they are made of, and names the keys of which else something has
// changed.
func reloadBase(path string, running *loaded) (c *loaded, later []string, err error) {
	c, problems, err := readConfig(path)
	if err != nil {
		return nil, nil, err
	}
	now, then := reflect.ValueOf(&c.config).Elem(), reflect.ValueOf(running.config)
	for i := range now.NumField() {
		key, _, _ := strings.Cut(now.Type().Field(i).Tag.Get("yaml"), ",")
		if slices.Contains([]string{"formulas", "formulas_dir", "indicators"}, key) ||
			reflect.DeepEqual(now.Field(i).Interface(), then.Field(i).Interface()) {
			continue
		}
		later = append(later, key)
		now.Field(i).Set(then.Field(i))
	}
	c, err = c.finish(problems, false)
	return c, later, err
}

// apply puts the formulas of a configuration, the folder and the topic in force.
func (d *daemon) apply(base *loaded) error {
	book, err := base.assemble(base.sources(base.folder(), d.topic), d.book.Load())
	if err != nil {
		return err
	}
	d.force(book)
	return nil
}

// force lets the engines change over to a book, and tells what is new among its faults.
func (d *daemon) force(book *ruleBook) {
	before := d.book.Swap(book)
	if d.consumer != nil && book.rules != before.rules {
		d.consumer.Reload(book.rules)
		d.log.Info().Int("formulas", len(book.inForce)).Int("faults", len(book.faults)).Msg("reloaded")
	}
	for _, f := range book.faults {
		if !slices.Contains(before.faults, f) {
			d.log.Error().Str("origin", f.Place).Str("formula", f.Name).Bool("kept", f.Kept).Msg(f.Error)
		}
	}
	for _, f := range before.faults {
		if !slices.ContainsFunc(book.faults, func(g web.Fault) bool { return f.Place == g.Place && f.Name == g.Name }) {
			d.log.Info().Str("origin", f.Place).Str("formula", f.Name).Msg("mended")
		}
	}
}

// openFormulas reads the topic of formulas, if there is one, and puts the formulas of
// all places in force. It returns what goes on with the topic.
func (d *daemon) openFormulas(ctx context.Context) (follow func(context.Context) error, err error) {
	follow = func(context.Context) error { return nil }
	if name := d.cfg.FormulasTopic; name != "" {
		d.topic = newFormulasTopic(name, d.client, d.log)
		f, err := d.topic.open(ctx)
		if err != nil {
			return nil, err
		}
		follow = func(ctx context.Context) error { return d.topic.follow(ctx, f) }
	}
	if err := d.apply(d.cfg); err != nil {
		return nil, fmt.Errorf("streamd: %w", err)
	}
	d.set.NewGauge("streamd_formulas", func() float64 { return float64(len(d.book.Load().inForce)) })
	d.set.NewGauge("streamd_formulas_invalid", func() float64 { return float64(len(d.book.Load().faults)) })
	return follow, nil
}
