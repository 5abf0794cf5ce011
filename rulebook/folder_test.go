package rulebook

import (
	"os"
	"path/filepath"
	"testing"
)

// What a look names must change the state of the folder, or the daemon never says so.
func TestFolderKnowsLinksThatLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	d := folder{dir: dir}
	changed := func() bool { return len(d.look(newLedger(), false)) > 0 }
	if changed() {
		t.Error("an empty folder has files")
	}
	link := filepath.Join(dir, "a.yaml")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	if !changed() {
		t.Error("a broken link changes nothing")
	}
	if err := os.WriteFile(filepath.Join(dir, "nowhere"), []byte("formulas: []"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !changed() || changed() {
		t.Error("the file behind a link changes nothing")
	}
}
