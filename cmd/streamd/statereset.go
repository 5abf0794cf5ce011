package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"streamd/config"

	"github.com/spf13/cobra"
)

// resetBudget is how long an answer may take.
const resetBudget = 10 * time.Second

func stateCommand() *cobra.Command {
	c := &cobra.Command{Use: "state", Short: "The state that a running daemon keeps", Args: noArguments}
	c.AddCommand(stateResetCommand())
	return c
}

func stateResetCommand() *cobra.Command {
	var path, address, symbol, timeframe string
	c := &cobra.Command{
		Use: "reset --symbol S [--timeframe 1m] [-c config.yaml]", Args: noArguments,
		Short: "Start the series of a symbol over in the running daemon, as after a candle with a wrong year",
		RunE: func(c *cobra.Command, _ []string) error {
			if symbol == "" {
				return usage{errors.New("streamd: --symbol is missing")}
			}
			cfg, _, err := loadConfig(path, false)
			if err != nil {
				return err
			}
			if address == "" {
				if address, err = addressOf(cfg); err != nil {
					return err
				}
			}
			ctx, stop := context.WithTimeout(c.Context(), resetBudget)
			defer stop()
			query := url.Values{"symbol": {symbol}}
			if timeframe != "" {
				query.Set("timeframe", timeframe)
			}
			address = strings.TrimSuffix(address, "/") + "/api/v1/state/reset?" + query.Encode()
			said, err := postTo(ctx, address, cfg.HTTP.Token)
			if err == nil {
				_, err = fmt.Fprintln(c.OutOrStdout(), said)
			}
			return err
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "config.yaml", "configuration file, for the address and its token")
	c.Flags().StringVar(&address, "url", "", "of the instance that has the series; http.listen of the configuration")
	c.Flags().StringVar(&symbol, "symbol", "", "the symbol")
	c.Flags().StringVar(&timeframe, "timeframe", "", "of the series; all by default")
	return c
}

// addressOf is where the daemon of a configuration listens, as this machine sees it.
func addressOf(cfg *config.Configuration) (string, error) {
	if cfg.HTTP.Listen == "" {
		return "", usage{errors.New("streamd: the configuration has no http.listen; say --url")}
	}
	host, port, err := net.SplitHostPort(cfg.HTTP.Listen)
	if err != nil {
		return "", fmt.Errorf("streamd: http.listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

// postTo sends an empty request and returns the answer; one that is no success is an error.
func postTo(ctx context.Context, address, token string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return "", usage{fmt.Errorf("streamd: --url: %w", err)}
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", fmt.Errorf("streamd: %w", err)
	}
	defer answer.Body.Close()
	const answerMax = 64 << 10
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerMax))
	said := strings.TrimSpace(string(text))
	if err != nil || answer.StatusCode != http.StatusOK {
		return "", errors.Join(fmt.Errorf("streamd: %s: %s", answer.Status, said), err)
	}
	return said, nil
}
