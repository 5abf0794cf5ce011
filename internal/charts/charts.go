// Package charts holds TradingView Lightweight Charts, which the page and the reports of backtests draw with. NOTICE
// and the licence stand beside it; whatever shows its charts shows the notice and a link.
package charts

import _ "embed"

// Library is the bundle: a script that defines LightweightCharts.
//
//go:embed lightweight-charts.js
var Library []byte

// License is the licence of the bundle.
//
//go:embed lightweight-charts.LICENSE
var License []byte
