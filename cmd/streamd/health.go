package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// healthBudget is how long an answer may take.
const healthBudget = 3 * time.Second

func healthCommand() *cobra.Command {
	var url string
	c := &cobra.Command{
		Use: "health [--url URL]", Args: noArguments,
		Short: "Ask a daemon whether it answers; for the health checks of containers, whose image has no curl",
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := context.WithTimeout(c.Context(), healthBudget)
			defer stop()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return usage{fmt.Errorf("streamd: --url: %w", err)}
			}
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				return fmt.Errorf("streamd: %w", err)
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("streamd: %s answers %s", url, answer.Status)
			}
			return nil
		},
	}
	c.Flags().StringVar(&url, "url", "http://127.0.0.1:8080/healthz",
		"what to ask; /readyz is whether it is where it should be")
	return c
}
