//go:build kafka

package path

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"streamd/internal/manual"
)

// TestTour types what README and the tutorial show for a real broker, with the addresses of this test's broker and a
// free port. The broker is here already: make kafka's other half, the topics, is what is run.
func TestTour(t *testing.T) {
	for _, document := range []string{"README.md", "docs/tutorial.md"} {
		t.Run(filepath.Base(document), func(t *testing.T) {
			blocks, err := manual.Read(filepath.Join("../..", document))
			must(t, err)
			script := "set -e\n"
			for i := range blocks {
				if blocks[i].Lang == "sh" && blocks[i].Is("kafka") {
					script += blocks[i].Text
				}
			}
			out := tour(t, script)
			if !strings.Contains("\n"+out, "\nready\n") {
				t.Errorf("it was never ready:\n%s", out)
			}
			if document == "README.md" && strings.Count(out, `"formula":`) < 3 {
				t.Errorf("no signals:\n%s", out)
			}
		})
	}
}

func tour(t *testing.T, script string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	listen := l.Addr().String()
	l.Close()
	brokers := os.Getenv("STREAMD_KAFKA")
	script = strings.NewReplacer("make kafka-down\n", "", "make kafka\n",
		"bin/streamd doctor -c config.yaml --create-topics\n", "127.0.0.1:9092", brokers, "127.0.0.1:8080", listen,
		"| grep", "| grep -a").Replace(script)
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	must(t, err)
	for _, name := range []string{"config.yaml", "examples"} {
		must(t, os.Symlink(filepath.Join(root, name), filepath.Join(dir, name)))
	}
	must(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	must(t, os.Symlink(binary(t), filepath.Join(dir, "bin", "streamd")))
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	if strings.Contains(script, "cd desk") {
		script = "bin/streamd init desk\n" + script
	}
	c := exec.CommandContext(ctx, "bash", "-c", script)
	c.Dir = dir
	c.WaitDelay = 5 * time.Second
	c.Env = append(os.Environ(), "KAFKA_BROKERS="+brokers, "STREAMD_LISTEN="+listen,
		"PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, script, out)
	}
	return string(out)
}
