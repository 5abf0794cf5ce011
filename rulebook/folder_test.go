package rulebook

import (
	"os"
	"path/filepath"
	"testing"
)

// What folderOf names must change the state of the folder, or the daemon never says so.
func TestFolderStateKnowsLinksThatLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	before := folderState(dir)
	link := filepath.Join(dir, "a.yaml")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	broken := folderState(dir)
	if broken == before {
		t.Error("a broken link changes nothing")
	}
	if err := os.WriteFile(filepath.Join(dir, "nowhere"), []byte("formulas: []"), 0o600); err != nil {
		t.Fatal(err)
	}
	if folderState(dir) == broken {
		t.Error("the file behind a link changes nothing")
	}
}
