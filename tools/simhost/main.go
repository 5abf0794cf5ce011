// Command simhost runs the simulator compiled for wasip1 in an interpreter whose
// clock and random numbers are its own: one thread, and the runtime's choices of
// select and map iteration drawn from a number. The same arguments give the same
// run, step by step.
//
//	GOOS=wasip1 GOARCH=wasm go test -c -o sim.wasm ./internal/sim
//	go run . [-rand N] sim.wasm -test.run TestSeeds -test.v -sim.seed 77
//
// It is a module of its own, so that the project does not depend on wazero.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

func main() {
	log.SetFlags(0)
	seed := flag.Uint64("rand", 1, "what the runtime's random choices are drawn from")
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("simhost: which file?")
	}
	err := run(context.Background(), *seed, flag.Arg(0), flag.Args()[1:])
	if exit, ok := errors.AsType[*sys.ExitError](err); ok {
		os.Exit(int(exit.ExitCode()))
	}
	if err != nil {
		log.Fatal("simhost: ", err)
	}
}

func run(ctx context.Context, seed uint64, file string, args []string) error {
	disk, err := os.MkdirTemp("", "simhost")
	if err != nil {
		return err
	}
	defer os.RemoveAll(disk)
	if err := os.Mkdir(filepath.Join(disk, "tmp"), 0o755); err != nil {
		return err
	}
	cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(os.TempDir(), "simhost-cache"))
	if err != nil {
		return err
	}
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCompilationCache(cache))
	defer r.Close(ctx)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return err
	}
	code, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	module, err := r.CompileModule(ctx, code)
	if err != nil {
		return err
	}
	// The clocks of a module config without further ado are counters.
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	_, err = r.InstantiateModule(ctx, module, wazero.NewModuleConfig().
		WithArgs(append([]string{"sim"}, args...)...).WithStdout(os.Stdout).WithStderr(os.Stderr).
		WithRandSource(rand.NewChaCha8(key)).
		WithFSConfig(wazero.NewFSConfig().WithDirMount(disk, "/")))
	return err
}
