package sim

import (
	"encoding/binary"
	"io"
	"net"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// request is a parsed frame: its header as it came, and the body.
type request struct {
	header      []byte
	correlation uint32
	body        kmsg.Request
}

// parseRequest reads a frame that this project's own client wrote.
func parseRequest(frame []byte) request {
	r := request{correlation: binary.BigEndian.Uint32(frame[4:])}
	r.body = kmsg.RequestForKey(int16(binary.BigEndian.Uint16(frame)))
	r.body.SetVersion(int16(binary.BigEndian.Uint16(frame[2:])))
	at := 10
	if n := int16(binary.BigEndian.Uint16(frame[8:])); n > 0 {
		at += int(n) // client id
	}
	if r.body.IsFlexible() {
		at++ // no tags
	}
	r.header = frame[:at:at]
	if err := r.body.ReadFrom(frame[at:]); err != nil {
		panic("sim: " + kmsg.NameForKey(r.body.Key()) + ": " + err.Error())
	}
	return r
}

// rebuild encodes the request with what was changed in its body.
func (r request) rebuild() []byte { return r.body.AppendTo(r.header) }

// answer encodes a response to the request.
func (r request) answer(resp kmsg.Response) []byte {
	resp.SetVersion(r.body.GetVersion())
	frame := binary.BigEndian.AppendUint32(nil, r.correlation)
	if resp.IsFlexible() {
		frame = append(frame, 0)
	}
	return resp.AppendTo(frame)
}

// frameOf encodes a request of our own.
func frameOf(body kmsg.Request) []byte {
	frame := binary.BigEndian.AppendUint16(nil, uint16(body.Key()))
	frame = binary.BigEndian.AppendUint16(frame, uint16(body.GetVersion()))
	frame = append(frame, 0, 0, 0, 1, 0xff, 0xff) // correlation, no client id
	if body.IsFlexible() {
		frame = append(frame, 0)
	}
	return body.AppendTo(frame)
}

// ask gives a request to a broker and returns its answer.
func ask(server net.Conn, request []byte) ([]byte, error) {
	if err := writeFrame(server, request); err != nil {
		return nil, err
	}
	return readFrame(server)
}

// readFrame reads a request or an answer without its length.
func readFrame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(r, frame)
	return frame, err
}

func writeFrame(w io.Writer, frame []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(frame)), uint32(len(frame))),
		frame...))
	return err
}
