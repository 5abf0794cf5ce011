package sim

// Bug stands between a process and the brokers and does what a faulty streamd
// would do. It is given every request, and forward to pass requests on.
type Bug func(n *network, key int16, request []byte, forward func(key int16, request []byte) ([]byte, error)) ([]byte, error)

type bugState struct{}
