package sim

import (
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const initProducerKey = 22

// producers refuses what the embedded broker lets pass: a process that asks for a further epoch of a transactional id
// which another one has taken over meanwhile.
type producers struct {
	mu    sync.Mutex
	taken map[int64]int16 // epoch with which the newest process began, by producer
}

func (p *producers) init(server net.Conn, request []byte) ([]byte, error) {
	r := parseRequest(request)
	body := r.body.(*kmsg.InitProducerIDRequest)
	p.mu.Lock()
	epoch, known := p.taken[body.ProducerID]
	p.mu.Unlock()
	if known && body.ProducerEpoch < epoch {
		fenced := body.ResponseKind().(*kmsg.InitProducerIDResponse)
		fenced.ProducerID, fenced.ProducerEpoch, fenced.ErrorCode = -1, -1, kerr.ProducerFenced.Code
		return r.answer(fenced), nil
	}
	answer, err := ask(server, request)
	if err != nil || body.ProducerID >= 0 {
		return answer, err
	}
	head := 4
	resp := body.ResponseKind().(*kmsg.InitProducerIDResponse)
	if resp.IsFlexible() {
		head++
	}
	if err := resp.ReadFrom(answer[head:]); err != nil {
		return nil, err
	}
	if resp.ErrorCode == 0 {
		p.mu.Lock()
		p.taken[resp.ProducerID] = max(p.taken[resp.ProducerID], resp.ProducerEpoch)
		p.mu.Unlock()
	}
	return answer, nil
}
