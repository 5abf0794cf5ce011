package main

import (
	"fmt"
	"io"
	"log"
	"math"
	"slices"
	"strings"
)

// costs are the least nanoseconds per bar, by "PEER MODE", then indicator.
type costs map[string]map[string]float64

// add takes lines "PEER MODE INDICATOR NANOSECONDS".
func (c costs) add(text string) {
	for line := range strings.Lines(text) {
		var peer, mode, name string
		var ns float64
		if _, err := fmt.Sscan(line, &peer, &mode, &name, &ns); err != nil {
			log.Fatalf("peers: %q: %v", line, err)
		}
		key := peer + " " + mode
		if c[key] == nil {
			c[key] = map[string]float64{}
		}
		if old, ok := c[key][name]; !ok || ns < old {
			c[key][name] = ns
		}
	}
}

// print writes the table of costs and the ratios to reach.
func (c costs) print(w io.Writer) {
	names := []string{}
	for _, m := range measures() {
		names = append(names, m.name)
	}
	fmt.Fprintf(w, "nanoseconds per bar, least of all rounds\n%-22s", "")
	for _, n := range names {
		fmt.Fprintf(w, "%10s", n)
	}
	fmt.Fprintln(w)
	keys := []string{}
	for k := range c {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		fmt.Fprintf(w, "%-22s", k)
		for _, n := range names {
			if ns, ok := c[k][n]; ok {
				fmt.Fprintf(w, "%10.2f", ns)
			} else {
				fmt.Fprintf(w, "%10s", "-")
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nratios, streamd / peer; mean is the geometric mean of the first seven\n%-22s", "")
	for _, n := range append(names, "mean") {
		fmt.Fprintf(w, "%10s", n)
	}
	fmt.Fprintln(w)
	for _, k := range keys {
		if strings.HasPrefix(k, "streamd") {
			continue
		}
		own := c["streamd "+strings.Fields(k)[1]]
		fmt.Fprintf(w, "%-22s", k)
		logs, count := 0.0, 0
		for i, n := range names {
			ns, ok := c[k][n]
			if !ok {
				fmt.Fprintf(w, "%10s", "-")
				continue
			}
			if i < 7 {
				logs += math.Log(own[n] / ns)
				count++
			}
			fmt.Fprintf(w, "%10.3f", own[n]/ns)
		}
		fmt.Fprintf(w, "%10.3f\n", math.Exp(logs/float64(count)))
	}
}
