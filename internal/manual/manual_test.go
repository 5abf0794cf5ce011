package manual

import "testing"

func TestBlocks(t *testing.T) {
	blocks, err := Blocks("text\n```console\n$ a \\\n  b\nout\n$ c\n```\n\n```yaml file=x.yaml test\nk: v\n```\n")
	if err != nil || len(blocks) != 2 {
		t.Fatalf("%d blocks, %v", len(blocks), err)
	}
	steps := blocks[0].Steps()
	if len(steps) != 2 || steps[0] != (Step{3, "a \\\n  b\n", "out\n"}) || steps[1] != (Step{6, "c\n", ""}) {
		t.Errorf("steps %+v", steps)
	}
	if b := blocks[1]; b.Lang != "yaml" || !b.Is("test") || b.Value("file") != "x.yaml" || b.Text != "k: v\n" || b.Line != 10 {
		t.Errorf("block %+v", b)
	}
	if _, err := Blocks("```sh\n"); err == nil {
		t.Error("a block that is not closed is no error")
	}
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{"a\nb\n", "a\nb", true},
		{"3 in 24ms", "3 in 1.5s", true},
		{"3 in 24ms", "4 in 24ms", false},
		{"a\n...\nd\n", "a\nb\nc\nd\n", true},
		{"a\n...\n", "a\n", true},
		{"a\n...\nd\n", "a\nb\n", false},
		{"a\n", "a\nb\n", false},
		{"a \n", "a\n", true},
	} {
		if Same(c.want, c.got) != c.same {
			t.Errorf("Same(%q, %q) is %v", c.want, c.got, !c.same)
		}
	}
}
