package gateway

import (
	"context"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

// uploadRoutes are the paths that take a file. internal/apidoc/convert describes each of them.
func uploadRoutes() []uploadRoute {
	return []uploadRoute{{
		pattern: "POST /v1/contents/{content}/attachments", service: "content",
		fields: []string{"title", "form", "issuer", "number", "date", "abstract", "alternative"},
		begin: func(ctx context.Context, conn grpc.ClientConnInterface, r *http.Request) (uploadCall, error) {
			stream, err := contentv1.NewContentServiceClient(conn).AddAttachment(ctx)
			if err != nil {
				return nil, err
			}
			a := attachmentCall{stream}
			return a, a.send(&contentv1.AddAttachmentRequest{Piece: &contentv1.AddAttachmentRequest_Content{Content: r.PathValue("content")}})
		},
	}, evidenceRoute()}
}

type attachmentCall struct {
	grpc.ClientStreamingClient[contentv1.AddAttachmentRequest, contentv1.Content]
}

// send passes over that the service has answered already: the next piece, or finish, tells.
func (a attachmentCall) send(m *contentv1.AddAttachmentRequest) error {
	return ignoreEnd(a.Send(m))
}

func (a attachmentCall) chunk(piece []byte) error {
	return a.Send(&contentv1.AddAttachmentRequest{Piece: &contentv1.AddAttachmentRequest_Chunk{Chunk: piece}})
}

func (a attachmentCall) finish(name string, said map[string]string) (proto.Message, error) {
	err := a.send(&contentv1.AddAttachmentRequest{Piece: &contentv1.AddAttachmentRequest_Attachment{Attachment: &contentv1.Attachment{
		Name: name, Alternative: said["alternative"],
		Line: &contentv1.AttachmentLine{
			Title: said["title"], Form: said["form"], Issuer: said["issuer"], Number: said["number"], Date: said["date"], Abstract: said["abstract"],
		},
	}}})
	if err != nil {
		return nil, err
	}
	return a.CloseAndRecv()
}
