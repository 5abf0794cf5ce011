package config

import (
	"regexp"
	"strings"
)

// secretKey finds a key whose value may be a secret, also one that is mistyped. The line of an error is shown without
// what follows.
var secretKey = regexp.MustCompile(`(?i)(?:[\w.-]*(?:pa?s{1,2}w|pwd|passphrase|secret|sercet|secrt|token|tokn|toekn|` +
	`credential|api_?key|routing_?key|authoriz|bearer)[\w.-]*|\bpass\b|\bpw\b)["']?\s*:?`)

// withoutSecrets returns a line of a text with asterisks in place of what may be a secret, so that columns stay.
func withoutSecrets(lines []string, number int) string {
	if number < 1 || number > len(lines) {
		return ""
	}
	line := strings.TrimRight(lines[number-1], "\r\n")
	if underSecret(lines, number) {
		return masked(line, 0)
	}
	line = maskedURLs(line)
	if at := secretKey.FindStringIndex(line); at != nil {
		return masked(line, at[1])
	}
	return line
}

// address finds a URL and what of it may be seen: scheme and host of one over HTTP. In the others, user and path are
// a service's keys.
var address = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)([^\s"'\x60,}\]]*)`)

// urlValue finds the value of a key url.
var urlValue = regexp.MustCompile(`(?i)(\burl["']?\s*:\s*["']?)([^\s"'\x60,}\]]*)`)

// maskedURLs returns a line with asterisks in place of what URLs keep secret: of one without a scheme, all of it.
func maskedURLs(line string) string {
	line = urlValue.ReplaceAllStringFunc(line, func(found string) string {
		m := urlValue.FindStringSubmatch(found)
		if strings.Contains(m[2], "://") {
			return found
		}
		return masked(found, len(m[1]))
	})
	return address.ReplaceAllStringFunc(line, func(found string) string {
		m := address.FindStringSubmatch(found)
		scheme, rest := m[1], m[2]
		if !strings.HasPrefix(strings.ToLower(scheme), "http") {
			return masked(found, len(scheme))
		}
		host := strings.IndexAny(rest, "/?#")
		if host < 0 {
			host = len(rest)
		}
		at := strings.LastIndexByte(rest[:host], '@') + 1
		return scheme + masked(rest[:at], 0) + rest[at:host] + masked(rest[host:], 0)
	})
}

// underSecret reports whether a line belongs to the value of a secret key on a line above it.
func underSecret(lines []string, number int) bool {
	depth := indentation(lines[number-1])
	for i := number - 2; i >= 0 && depth > 0; i-- {
		if strings.TrimSpace(lines[i]) == "" || indentation(lines[i]) >= depth {
			continue
		}
		depth = indentation(lines[i])
		if secretKey.MatchString(lines[i]) {
			return true
		}
	}
	return false
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// masked keeps the blanks of a line and its first bytes.
func masked(line string, keep int) string {
	return line[:keep] + strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' {
			return r
		}
		return '*'
	}, line[keep:])
}
