package kafka

import "crypto/tls"

// ClientCertificate returns a function for tls.Config.GetClientCertificate that reads
// the files again at each handshake, so that a certificate may be replaced while the
// program runs. It fails where they cannot be read now. While a file is half written,
// the last pair that could be read is used.
func ClientCertificate(certFile, keyFile string) (
	func(*tls.CertificateRequestInfo) (*tls.Certificate, error), error,
) {
	last, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	return func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if pair, err := tls.LoadX509KeyPair(certFile, keyFile); err == nil {
			return &pair, nil
		}
		return &last, nil
	}, nil
}
