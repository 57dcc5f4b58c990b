package rpc

import (
	"io"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
)

// pieceOf a file in bytes: what one message carries.
const pieceOf = 256 << 10

// SendFile answers with what is written, piece by piece; the first one has the type. What it is called, SetFileName has said before.
func SendFile(stream grpc.ServerStreamingServer[httpbody.HttpBody], mediaType string, write func(io.Writer) error) error {
	w := &pieces{stream: stream, mediaType: mediaType, buffer: make([]byte, 0, pieceOf)}
	if err := write(w); err != nil {
		return err
	}
	return w.flush()
}

// SendStored is SendFile of what is read.
func SendStored(stream grpc.ServerStreamingServer[httpbody.HttpBody], mediaType string, from io.Reader) error {
	return SendFile(stream, mediaType, func(w io.Writer) error {
		_, err := io.Copy(w, from)
		return err
	})
}

// pieces gathers what is written until it is worth a message.
type pieces struct {
	stream    grpc.ServerStreamingServer[httpbody.HttpBody]
	mediaType string
	buffer    []byte
}

func (p *pieces) Write(b []byte) (int, error) {
	for n := 0; n < len(b); {
		room := min(pieceOf-len(p.buffer), len(b)-n)
		p.buffer = append(p.buffer, b[n:n+room]...)
		n += room
		if len(p.buffer) == pieceOf {
			if err := p.flush(); err != nil {
				return n, err
			}
		}
	}
	return len(b), nil
}

func (p *pieces) flush() error {
	if len(p.buffer) == 0 {
		return nil
	}
	err := p.stream.Send(&httpbody.HttpBody{ContentType: p.mediaType, Data: p.buffer})
	p.buffer = make([]byte, 0, pieceOf) // the message may keep the last one
	return err
}
