package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"streamd/kafka"
)

// checkBrokers checks how the brokers are reached, without reaching them.
func (f *Configuration) checkBrokers(p *problems) {
	if len(f.Kafka.Brokers) == 0 {
		p.add("$.kafka", "kafka.brokers is missing")
		return
	}
	client, err := kafka.Open(kafka.Config{Brokers: f.Kafka.Brokers, SASL: f.sasl()}) // opens no connection
	if err != nil {
		p.add("$.kafka", "%v", err)
		return
	}
	client.Close()
}

func (f *Configuration) sasl() *kafka.SASL {
	s := f.Kafka.SASL
	if s == nil {
		return nil
	}
	return &kafka.SASL{Mechanism: s.Mechanism, Username: s.Username, Password: s.Password}
}

// Client returns how to reach the brokers. It reads the files of kafka.tls.
func (f *Configuration) Client() (kafka.Config, error) {
	k := kafka.Config{Brokers: f.Kafka.Brokers, SASL: f.sasl()}
	t := f.Kafka.TLS
	if t == nil {
		return k, nil
	}
	k.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return k, fmt.Errorf("kafka.tls.ca: %w", err)
		}
		k.TLS.RootCAs = x509.NewCertPool()
		if !k.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return k, fmt.Errorf("kafka.tls.ca: no certificate in %q", t.CA)
		}
	}
	if t.Cert != "" || t.Key != "" {
		var err error
		if k.TLS.GetClientCertificate, err = kafka.ClientCertificate(t.Cert, t.Key); err != nil {
			return k, fmt.Errorf("kafka.tls: %w", err)
		}
	}
	return k, nil
}
