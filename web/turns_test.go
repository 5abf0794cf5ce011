package web

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// One client cannot take the turns of the others, nor queue without end, and a request whose client has gone leaves.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(explainTurns)
		end, err := turns.begin(t.Context(), "greedy")
		if err != nil {
			t.Fatal(err)
		}
		gone, leave := context.WithCancel(t.Context())
		results := make(chan error, explainTurns.waiting)
		for range explainTurns.waiting - 1 {
			go func() {
				_, err := turns.begin(gone, "greedy")
				results <- err
			}()
		}
		synctest.Wait()
		if _, err := turns.begin(t.Context(), "greedy"); !errors.Is(err, errTooMany) {
			t.Errorf("one more of the greedy client: %v", err)
		}
		endOther, err := turns.begin(t.Context(), "other")
		if err != nil {
			t.Fatal(err)
		}
		endOther()
		leave()
		for range explainTurns.waiting - 1 {
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		end()
		if len(turns.clients) != 0 {
			t.Errorf("%d clients are remembered", len(turns.clients))
		}
	})
}
