package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// variant is a kind of fault: how many daemons there are, and what one fault
// does and mends.
type variant struct {
	name    string
	daemons int
	fault   func(*rig, context.Context) error
}

var variants = []variant{
	{"kill", 1, (*rig).killDaemon},
	{"broker", 1, (*rig).killBroker},
	{"freeze", 1, (*rig).freeze},
	{"zombie", 2, (*rig).freeze},
	{"twin", 1, (*rig).twin},
	{"pair", 2, (*rig).joinOrLeave},
	{"group", 3, (*rig).joinOrLeave},
	{"wipe", 1, (*rig).wipeState},
	{"damage", 1, (*rig).damageState},
	{"full", 1, (*rig).fillDisk},
	{"notify", 1, (*rig).killDaemon},
	{"universe", 3, (*rig).killAny},
}

// faultLoop starts the daemons and makes one fault after the other.
func (r *rig) faultLoop(ctx context.Context, v variant) error {
	for i := range v.daemons {
		d, err := r.member(string(rune('a' + i)))
		if err != nil {
			return err
		}
		if v.name == "full" {
			if err := r.mountSmall(d.state); err != nil {
				return err
			}
		}
		if err := d.start(); err != nil {
			return err
		}
	}
	if !r.daemons[0].awaitReady(ctx, time.Minute) {
		return fmt.Errorf("kill: %s is not ready after a minute:\n%s", r.daemons[0].name, r.note(r.daemons[0]))
	}
	for r.made < r.Faults && ctx.Err() == nil {
		if err := v.fault(r, ctx); err != nil {
			return err
		}
		r.made++
		if err := r.revive(); err != nil {
			return err
		}
		if r.made%10 == 0 {
			r.logf("%d faults, %d input messages", r.made, r.candles)
		}
	}
	for _, d := range r.daemons { // whoever is away comes back for the end
		if !d.running() {
			if err := d.start(); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// revive starts daemons that ended although nobody asked them to, and counts
// that as a failure.
func (r *rig) revive() error {
	for _, d := range r.daemons {
		if d.running() || d.asked {
			continue
		}
		r.exits++
		r.logf("%s ended by itself:\n%s", d.name, r.note(d))
		if err := d.start(); err != nil {
			return err
		}
	}
	return nil
}

// live lets the daemon live for a random time: now and then it is still
// starting at the end of it, mostly it is at work.
func (r *rig) live(ctx context.Context, d *daemon) {
	if r.rng.IntN(4) == 0 {
		pause(ctx, r.between(0, time.Second))
		return
	}
	if !d.awaitReady(ctx, time.Minute) && d.running() {
		r.logf("%s was not ready within a minute", d.name)
	}
	pause(ctx, r.between(0, 1500*time.Millisecond))
}

func (r *rig) killDaemon(ctx context.Context) error {
	d := r.daemons[0]
	r.live(ctx, d)
	d.kill()
	return d.start()
}

// killBroker kills one broker of those there are, and starts it again.
func (r *rig) killBroker(ctx context.Context) error {
	pause(ctx, r.between(time.Second, 4*time.Second))
	node := strconv.Itoa(1 + r.rng.IntN(1+strings.Count(r.Brokers, ",")))
	if err := r.broker("kill", node); err != nil {
		return err
	}
	pause(ctx, r.between(0, 2*time.Second))
	if err := r.broker("start", node); err != nil {
		return err
	}
	if r.rng.IntN(3) == 0 {
		r.daemons[0].kill() // in the middle of its recovery
		return r.daemons[0].start()
	}
	return nil
}

// freeze stops a daemon for longer than its session, so that the other takes
// over if there is one, and lets it go on as a zombie.
func (r *rig) freeze(ctx context.Context) error {
	d := r.daemons[r.rng.IntN(len(r.daemons))]
	r.live(ctx, d)
	d.signal(syscall.SIGSTOP)
	pause(ctx, r.sessionTimeout+r.between(200*time.Millisecond, 4*time.Second))
	d.signal(syscall.SIGCONT)
	pause(ctx, r.between(0, 2*time.Second))
	return nil
}

// twin runs a second process with a copy of the first one's state directory, and so
// with its identity. One of them must end by itself and say why; the other goes on.
func (r *rig) twin(ctx context.Context) error {
	d := r.daemons[0]
	r.live(ctx, d)
	other, err := r.configure(fmt.Sprint("twin", r.made), r.run, "", r.Delivery)
	if err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-r", d.state, other.state).CombinedOutput(); err != nil {
		return fmt.Errorf("kill: copying the state directory: %w\n%s", err, out)
	}
	if err := other.start(); err != nil {
		return err
	}
	defer func() { other.kill() }()
	select {
	case <-other.done:
	case <-d.done:
		d, other = other, d
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
		return fmt.Errorf("kill: %s and %s have one identity and both go on after a minute", d.name, other.name)
	}
	r.daemons[0] = d
	if why := r.note(other); other.cmd.ProcessState.ExitCode() != 1 ||
		!strings.Contains(why, "two share a state directory") {
		return fmt.Errorf("kill: %s has another's identity and ended with exit code %d:\n%s", other.name,
			other.cmd.ProcessState.ExitCode(), why)
	}
	return nil
}

// joinOrLeave ends a daemon, by either signal, or starts it again; one at least
// is there.
func (r *rig) joinOrLeave(ctx context.Context) error {
	pause(ctx, r.between(500*time.Millisecond, 3*time.Second))
	d := r.daemons[r.rng.IntN(len(r.daemons))]
	if !d.running() {
		return d.start()
	}
	others := 0
	for _, o := range r.daemons {
		if o != d && o.running() {
			others++
		}
	}
	if r.rng.IntN(2) == 0 {
		d.kill()
	} else if err := d.stop(); err != nil {
		return err
	}
	if others == 0 {
		return d.start()
	}
	return nil
}

func (r *rig) wipeState(ctx context.Context) error {
	d := r.daemons[0]
	r.live(ctx, d)
	d.kill()
	if err := os.RemoveAll(d.state); err != nil {
		return err
	}
	return d.start()
}

func (r *rig) damageState(ctx context.Context) error {
	d := r.daemons[0]
	r.live(ctx, d)
	d.kill()
	err := filepath.WalkDir(d.state, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "instance-id" && r.rng.IntN(4) > 0 {
			return err
		}
		return r.damage(path)
	})
	if err != nil {
		return err
	}
	return d.start()
}

const pageBytes = 4096

// damage does to a file what a power failure or a bad disk does: flipped bits,
// a torn tail, a tail or a page of zeros.
func (r *rig) damage(path string) error {
	raw, err := os.ReadFile(path)
	if err != nil || len(raw) == 0 {
		return err
	}
	switch r.rng.IntN(4) {
	case 0:
		for range 1 + r.rng.IntN(8) {
			raw[r.rng.IntN(len(raw))] ^= 1 << r.rng.IntN(8)
		}
	case 1:
		raw = raw[:r.rng.IntN(len(raw))]
	case 2:
		clear(raw[r.rng.IntN(len(raw)):])
	case 3:
		at := r.rng.IntN(len(raw)) / pageBytes * pageBytes
		clear(raw[at:min(len(raw), at+pageBytes)])
	}
	return os.WriteFile(path, raw, 0o600)
}

// fillDisk fills the state's file system under the daemon, now and then kills
// it there, and frees the space.
func (r *rig) fillDisk(ctx context.Context) error {
	d := r.daemons[0]
	r.live(ctx, d)
	ballast := filepath.Join(d.state, "ballast")
	if err := fill(ballast); err != nil {
		return err
	}
	pause(ctx, r.between(500*time.Millisecond, 4*time.Second))
	if r.rng.IntN(2) == 0 {
		d.kill()
		if err := d.start(); err != nil {
			return err
		}
		pause(ctx, r.between(0, 2*time.Second))
	}
	return os.Remove(ballast)
}

// fill writes zeros until no byte more fits.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			return err
		}
	}
	return nil
}

const smallBytes = "24m"

var errNoMount = errors.New("skipped: a small file system cannot be mounted, which needs root")

// mountSmall mounts a small file system for the state.
func (r *rig) mountSmall(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+smallBytes, "streamd-kill", dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s: %w\n%s", errNoMount, dir, err, out)
	}
	r.mounts = append(r.mounts, dir)
	return nil
}
