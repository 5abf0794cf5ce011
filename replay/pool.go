package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"streamd/history"
)

// ErrNoData is the error of a series without a candle in the range.
var ErrNoData = errors.New("no data available")

// chunk is how many bars are worked on between two looks at the context: short
// enough that a job stops within milliseconds of being canceled.
const chunk = 8192

// Each hands every series of the job's history to work, once and whole, on as
// many goroutines as the job has workers; work gets the number of its goroutine,
// and its context ends with the job or after the job's timeout. It must look at
// the context between chunks. Errors of the context's own end are for the
// caller to find in ctx.
func Each(ctx context.Context, j *Job, work func(ctx context.Context, worker int, t *history.Tape)) (history.Report,
	error,
) {
	if err := j.check(); err != nil {
		return history.Report{}, err
	}
	var mu sync.Mutex
	done := 0
	data := j.Data
	data.Stall = j.Timeout // a source that gives nothing is work on a series that does not end
	report, err := data.Tapes(ctx, j.Workers, func(worker int, t *history.Tape) error {
		one, cancel := context.WithTimeoutCause(ctx, j.Timeout, timeoutError(j.Timeout))
		work(one, worker, t)
		cancel()
		if j.Progress != nil {
			mu.Lock()
			done++
			j.Progress(done, t.Of)
			mu.Unlock()
		}
		return ctx.Err()
	})
	maps.Copy(report.Skipped, j.read.Skipped)
	maps.Copy(report.Errors, j.read.Errors)
	if ctx.Err() != nil {
		return report, nil
	}
	return report, err
}

// timeoutError is the time limit that the work on a series exceeded.
type timeoutError time.Duration

func (e timeoutError) Error() string {
	return fmt.Sprintf("replay: not done within %v", time.Duration(e))
}
