package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

//go:embed initial
var initial embed.FS

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Write a configuration to begin with: formulas, a unit test, sample candles, a compose file",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage{errors.New("streamd: init needs one directory, as streamd init desk")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			files, err := initialFiles()
			if err != nil {
				return err
			}
			if err := writeNew(args[0], files); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "wrote %d files to %s; go on with\n  cd %s\n"+
				"  streamd test tests/first_test.yaml\n"+
				"  streamd scan -f formulas/first.yaml --data candles.csv.gz --limit 5\n"+
				"  streamd run\n", len(files), args[0], args[0])
			return err
		},
	}
}

// initialFiles are the files by their paths below the directory.
func initialFiles() (map[string][]byte, error) {
	files := map[string][]byte{"candles.csv.gz": sampleCandles}
	err := fs.WalkDir(initial, "initial", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := initial.ReadFile(path)
		files[path[len("initial/"):]] = text
		return err
	})
	return files, err
}

// writeNew writes files that must not be there yet.
func writeNew(dir string, files map[string][]byte) error {
	for path := range files {
		if _, err := os.Lstat(filepath.Join(dir, path)); err == nil {
			return usage{fmt.Errorf("streamd: %s is there already; nothing is written", filepath.Join(dir, path))}
		}
	}
	for path, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return fmt.Errorf("streamd: %w", err)
		}
		if err := os.WriteFile(at, text, 0o644); err != nil {
			return fmt.Errorf("streamd: %w", err)
		}
	}
	return nil
}
