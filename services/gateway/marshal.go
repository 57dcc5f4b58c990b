package gateway

import (
	"errors"
	"io"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/loa-vn/loa/pkg/errs"
)

// marshaler writes JSON in lowerCamelCase with empty values present, so that a client sees every field there is; a message that is
// not there stays away. It reads JSON strictly, and a file as it is.
type marshaler struct{}

func (*marshaler) json() *runtime.JSONPb {
	return &runtime.JSONPb{MarshalOptions: protojson.MarshalOptions{EmitDefaultValues: true}}
}

func (*marshaler) ContentType(any) string { return "application/json" }

func (m *marshaler) Marshal(v any) ([]byte, error) { return m.json().Marshal(v) }

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
