package config

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// Nothing that comes over HTTP or from a topic is replaced by the environment, however it is spelled; a file keeps
// private characters as it has them.
func TestEnvironmentIsForFiles(t *testing.T) {
	t.Setenv("STREAMD_PLANTED", "planted")
	for _, value := range []string{
		"${STREAMD_PLANTED}", "\ue000\ue001STREAMD_PLANTED\ue002", `"\ue000\ue001STREAMD_PLANTED\ue002"`,
		`"\u0024{STREAMD_PLANTED}"`, `"\x24\x7bSTREAMD_PLANTED\x7d"`, "\ue00000\ue000", "$\\{STREAMD_PLANTED}",
	} {
		for _, environment := range []bool{false, true} {
			doc, err := parse("x", []byte("name: "+value+"\n"), environment)
			var f FormulaSettings
			if err == nil {
				err = doc.Decode(&f)
			}
			want := environment && value == "${STREAMD_PLANTED}"
			if got := strings.Contains(f.Name, "planted"); got != want {
				t.Errorf("%q with environment %t: %q %v", value, environment, f.Name, err)
			}
			if value == "\ue00000\ue000" && f.Name != value {
				t.Errorf("%q is read as %q", value, f.Name)
			}
		}
	}
}

// A password is a text, in whatever spelling it stands in the environment or in the file.
func TestTextStaysText(t *testing.T) {
	for _, pw := range []string{
		"0123", "007", "0x1F", "1_000", ".5", "+1", "1.0", "1.10", "1e3", "-0", "true", "0o17", ".inf", "12:30", "a#b",
		"a: b", "[x]", "{y", "'q", "\"d", "*z", "&z", "!t", "%p", "@at", "`b", "- x", "a,b",
	} {
		t.Setenv("STREAMD_PW", pw)
		spellings := []string{"${STREAMD_PW}", `"${STREAMD_PW}"`, `'${STREAMD_PW}'`, "${STREAMD_NONE:-" + pw + "}"}
		if !strings.ContainsAny(pw, "#:[]{}'\"*&!%@`-, ") || pw == "-0" {
			spellings = append(spellings, pw)
		}
		for _, written := range spellings {
			text := "sasl: {mechanism: plain, username: " + written + ", password: " + written + "}\n"
			if strings.Contains(pw, "}") {
				continue
			}
			doc, err := parse("x", []byte(text), true)
			var k kafkaSettings
			if err == nil {
				err = doc.Decode(&k)
			}
			if err != nil || k.SASL == nil || k.SASL.Password != pw || k.SASL.Username != pw {
				t.Errorf("%s with %q: %+v %v", text, pw, k.SASL, err)
			}
		}
	}
	t.Setenv("STREAMD_N", "12")
	doc, err := parse("x", []byte("cooldown: ${STREAMD_N}\nfor: ${STREAMD_NONE:-3}\nintrabar: ${STREAMD_NONE:-true}\n"), true)
	var f FormulaSettings
	if err == nil {
		err = doc.Decode(&f)
	}
	if err != nil || f.Cooldown != 12 || f.For != 3 || !f.Intrabar {
		t.Errorf("%+v %v", f, err)
	}
}

// Texts that nest or repeat without end are refused before they cost memory.
func TestNestingIsBounded(t *testing.T) {
	for _, one := range []string{
		"[", "{", "- ", "? ", "a: ", "[\n", "- [", "{a: ", "[[],", "- - [", "!!map {", "a: [", "\"\" [", "- {a: ", "&a [",
		"[\"]\",", "[ # ]\n", "-\n ",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		doc, err := Parse("x", []byte(strings.Repeat(one, SettingsSizeMax/len(one))))
		if err == nil {
			err = doc.Decode(&FormulaSettings{})
		}
		runtime.ReadMemStats(&after)
		if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; err == nil || mb > 300 {
			t.Errorf("%q: %d MB allocated, %v", one, mb, err)
		}
		if err != nil && len(err.Error()) > 2048 {
			t.Errorf("%q: an error of %d bytes", one, len(err.Error()))
		}
	}
	if _, err := Parse("x", []byte("a: &a [x]\nb: *a\n")); err == nil || !strings.Contains(err.Error(), "2:4: aliases") {
		t.Error(err)
	}
	deep := strings.Repeat("[", 60) + strings.Repeat("]", 60)
	if _, err := Parse("x", []byte("a: "+deep)); err != nil {
		t.Error(err)
	}
}

// No error shows what may be a secret, and none without its lines shows the file.
func TestErrorsHideSecrets(t *testing.T) {
	path := t.TempDir() + "/c.yaml"
	for _, text := range []string{
		"kafka: {sasl: {mechanism: plan, password: hunter2}}\n", "kafka:\n  sasl:\n    pasword: hunter2\n",
		"kafka:\n  sasl:\n    password:\n      hunter2: x\n", "http: {token: [hunter2]}\n", "http:\n  token: hunter2\n x\n",
		"http: {token hunter2}\n", "secret: hunter2\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s%v", text, err)
		}
		if brief := WithoutLines(err).Error(); strings.Contains(brief, "hunter2") || strings.Contains(brief, "^") {
			t.Errorf("%s%s", text, brief)
		}
	}
}
