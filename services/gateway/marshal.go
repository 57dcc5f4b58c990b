package gateway

import (
	"errors"
	"io"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/loa-vn/loa/pkg/errs"
)

// marshaler writes JSON in lowerCamelCase with empty values present, so that a client sees every field there is; a message that is
// not there stays away. It reads JSON strictly, and reads and writes a file as it is.
type marshaler struct{}

func (*marshaler) json() *runtime.JSONPb {
	return &runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{EmitDefaultValues: true}}
}

// ContentType of an answer: that of the file when it is one.
func (*marshaler) ContentType(v any) string {
	if file, ok := v.(*httpbody.HttpBody); ok {
		return file.GetContentType()
	}
	return "application/json"
}

func (m *marshaler) Marshal(v any) ([]byte, error) {
	if file, ok := v.(*httpbody.HttpBody); ok {
		return file.GetData(), nil
	}
	return m.json().Marshal(v)
}

// Delimiter between the pieces of a stream: only files stream, and their pieces follow each other.
func (*marshaler) Delimiter() []byte { return nil }

func (m *marshaler) Unmarshal(data []byte, v any) error { return m.json().Unmarshal(data, v) }

func (m *marshaler) NewEncoder(w io.Writer) runtime.Encoder { return m.json().NewEncoder(w) }

func (m *marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		file, ok := v.(*[]byte)
		if !ok {
			return m.json().NewDecoder(r).Decode(v)
		}
		// The content type was checked before: this body is the file itself, not JSON that holds one.
		data, err := io.ReadAll(r)
		*file = data
		return err
	})
}

// unreadable recognises the error of the generated code for a value it cannot read. A service's own errors carry a refusal.
func unreadable(err error) (what string, ok bool) {
	if _, refused := errors.AsType[*errs.Error](err); refused {
		return "", false
	}
	if s, isStatus := status.FromError(err); isStatus && s.Code() == codes.InvalidArgument && len(s.Details()) == 0 {
		return strings.TrimPrefix(strings.ReplaceAll(s.Message(), "\u00a0", " "), "proto: "), true
	}
	return "", false
}
