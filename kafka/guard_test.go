package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

// frame is an answer of the claimed size to the request with that header.
func frame(request []byte, size int32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(size))
	return append(append(b, request[8:12]...), body...)
}

// apiVersions is a true answer to ApiVersions v0 that offers the versions needed.
func apiVersions(request []byte) []byte {
	var w writer
	w.i16(0)
	w.array(len(needed))
	for _, n := range needed {
		w.i16(n.key)
		w.i16(0)
		w.i16(n.version)
	}
	return frame(request, int32(len(w.b)+4), w.b)
}

// metadataV8 is kafka-go's own request for brokers, answered with one field lying.
func metadataV8(request []byte, brokers, host, topics int32) []byte {
	var w writer
	w.i32(0)
	w.i32(brokers)
	w.i32(1)
	w.i16(int16(host))
	w.b = append(w.b, "localhost"...)
	w.i32(1)
	w.i16(-1)
	w.i16(-1)
	w.i32(1)
	w.i32(topics)
	w.i32(0)
	return frame(request, int32(len(w.b)+4), w.b)
}

// impostors are servers that are no Kafka brokers: what each sends for a request, nil
// for nothing. The second request of a connection comes only to those that answered
// the first well.
var impostors = map[string]func(n int, request []byte) []byte{
	"HTTP": func(int, []byte) []byte { return []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") },
	"SSH":  func(int, []byte) []byte { return []byte("SSH-2.0-OpenSSH_9.9\r\n") },
	"SMTP": func(int, []byte) []byte { return []byte("220 mail ESMTP\r\n") },
	"TLS alert": func(int, []byte) []byte {
		return []byte{0x15, 3, 3, 0, 2, 2, 40}
	},
	"zeros":              func(int, []byte) []byte { return make([]byte, 1<<20) },
	"ones":               func(int, []byte) []byte { return bytes.Repeat([]byte{0xff}, 1<<20) },
	"silence":            func(int, []byte) []byte { return nil },
	"negative size":      func(_ int, r []byte) []byte { return frame(r, -5, nil) },
	"size 2 GB":          func(_ int, r []byte) []byte { return frame(r, 1<<31-1, make([]byte, 1<<20)) },
	"size 900 kB, short": func(_ int, r []byte) []byte { return frame(r, 900_000, make([]byte, 100)) },
	"other correlation":  func(_ int, r []byte) []byte { return frame(make([]byte, 12), 10, make([]byte, 6)) },
	"2 G versions":       func(_ int, r []byte) []byte { return frame(r, 10, []byte{0, 0, 0x7f, 0xff, 0xff, 0xff}) },
	"-2 versions":        func(_ int, r []byte) []byte { return frame(r, 10, []byte{0, 0, 0xff, 0xff, 0xff, 0xfe}) },
	"trailing bytes":     func(_ int, r []byte) []byte { return frame(r, 14, make([]byte, 10)) },
	"2 G brokers": func(n int, r []byte) []byte {
		if n == 1 {
			return apiVersions(r)
		}
		return metadataV8(r, 1<<31-1, 9, 0)
	},
	"negative host": func(n int, r []byte) []byte {
		if n == 1 {
			return apiVersions(r)
		}
		return metadataV8(r, 1, -9, 0)
	},
	"2 G topics": func(n int, r []byte) []byte {
		if n == 1 {
			return apiVersions(r)
		}
		return metadataV8(r, 1, 9, 1<<31-1)
	},
	"endless answer behind ApiVersions": func(n int, r []byte) []byte {
		if n == 1 {
			return apiVersions(r)
		}
		return frame(r, 1<<31-1, make([]byte, 4<<20))
	},
}

// Whatever answers in a broker's place is named with its address, in time, and costs
// little memory.
func TestImpostors(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, answer := range impostors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			must(t, err)
			defer l.Close()
			go impersonate(l, answer)
			c := open(t, Config{Brokers: []string{l.Addr().String()}, RequestTimeout: 2 * time.Second})
			ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
			defer stop()
			_, err = c.ClusterID(ctx)
			if err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
				t.Errorf("the error does not name %s: %v", l.Addr(), err)
			}
			var impostor *NotKafkaError
			if name == "HTTP" && !errors.As(err, &impostor) {
				t.Errorf("not taken for an impostor: %v", err)
			}
		})
	}
	t.Cleanup(func() {
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<30 {
			t.Errorf("%d MB allocated", got>>20)
		}
	})
}

func impersonate(l net.Listener, answer func(n int, request []byte) []byte) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for n := 1; ; n++ {
				size := make([]byte, 4)
				if _, err := io.ReadFull(conn, size); err != nil {
					return
				}
				request := append(size, make([]byte, binary.BigEndian.Uint32(size))...)
				if _, err := io.ReadFull(conn, request[4:]); err != nil {
					return
				}
				if _, err := conn.Write(answer(n, request)); err != nil {
					return
				}
			}
		}()
	}
}
