package content

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/upload"
	"github.com/loa-vn/loa/services/content/internal/item"
)

// AddAttachment stores the file before it asks the item to name it: a file that nothing names takes room and does no harm.
func (s *server) AddAttachment(stream grpc.ClientStreamingServer[contentv1.AddAttachmentRequest, contentv1.Content]) error {
	ctx := stream.Context()
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	was, err := s.readable(ctx, first.GetContent(), "AddAttachment")
	if err != nil {
		return err
	}
	var said *contentv1.Attachment
	file, err := upload.Take(ctx, s.host.Blobs, "attachment", func() (upload.Piece, error) {
		message, err := stream.Recv()
		said = message.GetAttachment()
		return upload.Piece{Bytes: message.GetChunk(), Last: said != nil, Name: said.GetName()}, err
	})
	if err != nil {
		return err
	}
	f := item.File{
		SHA256: file.SHA256, Name: file.Name, MediaType: file.MediaType, Size: file.Size,
		Line: lineOf(said.GetLine()), Alternative: said.GetAlternative(),
	}
	content, err := s.attach(ctx, was, f)
	if err != nil {
		return err
	}
	return stream.SendAndClose(content)
}

func (s *server) attach(ctx context.Context, was *item.Item, f item.File) (*contentv1.Content, error) {
	request := &contentv1.UpdateAttachmentRequest{Content: was.ID, Attachment: fileMessage(f)}
	match, matched := rpc.IfMatch(ctx)
	return s.edit(ctx, "AddAttachment", was, request, func(t item.Text, version int64) (item.Text, []errs.Field, error) {
		if matched && match != etag(version) {
			return t, nil, errs.New(errorsv1.Reason_ETAG_STALE)
		}
		if slices.ContainsFunc(t.Attachments, func(o item.File) bool { return o.SHA256 == f.SHA256 }) {
			return t, nil, nil // it is there already
		}
		if len(t.Attachments) >= item.FileLimit {
			return t, nil, errs.New(errorsv1.Reason_ATTACHMENT_LIMIT, "limit", strconv.Itoa(item.FileLimit))
		}
		if err := nameIsFree(t, f); err != nil {
			return t, nil, err
		}
		t.Attachments = append(slices.Clone(t.Attachments), f)
		return t, nil, nil
	})
}

// nameIsFree refuses a second file of a name, by which a body refers to it.
func nameIsFree(t item.Text, f item.File) error {
	for _, o := range t.Attachments {
		if o.Name == f.Name && o.SHA256 != f.SHA256 {
			return errs.New(errorsv1.Reason_ATTACHMENT_NAME, "name", f.Name)
		}
	}
	return nil
}

// edit runs a command that makes a new text of the one there is. What the text refuses is told as of any edit.
func (s *server) edit(ctx context.Context, method string, was *item.Item, request proto.Message,
	change func(t item.Text, version int64) (item.Text, []errs.Field, error),
) (*contentv1.Content, error) {
	under, err := s.replica.PlanItem(ctx, was.Text.PlanItem)
	if err != nil {
		return nil, err
	}
	author := auth.From(ctx).Person.ID
	return s.execute(ctx, method, was.ID, request, func(i *item.Item, version int64) ([]any, error) {
		text, wrong, err := change(i.Editing(), version)
		if err != nil {
			return nil, err
		}
		c, err := compose(text, under, wrong...)
		if err != nil {
			return nil, err
		}
		return i.Revise(author, c)
	})
}

// GetAttachment sends the bytes of a file. One that only an earlier revision has is for those who may read the revisions.
func (s *server) GetAttachment(r *contentv1.GetAttachmentRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	ctx := stream.Context()
	i, err := s.readable(ctx, r.GetContent(), "GetAttachment")
	if err != nil {
		return err
	}
	f, err := s.fileOf(ctx, i, r.GetAttachment())
	if err != nil {
		return err
	}
	content, _, err := s.host.Blobs.Open(ctx, f.SHA256)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	if err := rpc.SetFileName(ctx, f.Name); err != nil {
		return err
	}
	return rpc.SendStored(stream, f.MediaType, content)
}

// fileOf finds a file of an item by its digest: among those it has, or among those that an earlier revision had.
func (s *server) fileOf(ctx context.Context, i *item.Item, sha256 string) (item.File, error) {
	for _, f := range i.Text.Attachments {
		if f.SHA256 == sha256 {
			return f, nil
		}
	}
	refused := errs.New(errorsv1.Reason_NOT_FOUND, "what", sha256)
	if _, err := s.readable(ctx, i.ID, "GetRevision"); err != nil {
		return item.File{}, refused.Because(err)
	}
	versions, err := s.versions(ctx, i.ID)
	if err != nil {
		return item.File{}, err
	}
	for _, v := range slices.Backward(versions) {
		for _, f := range v.text.Attachments {
			if f.SHA256 == sha256 {
				return f, nil
			}
		}
	}
	return item.File{}, refused
}

func (s *server) UpdateAttachment(ctx context.Context, r *contentv1.UpdateAttachmentRequest) (*contentv1.Content, error) {
	was, err := s.readable(ctx, r.GetContent(), "UpdateAttachment")
	if err != nil {
		return nil, err
	}
	match, ok := rpc.IfMatch(ctx)
	if !ok {
		return nil, errs.New(errorsv1.Reason_ETAG_REQUIRED)
	}
	return s.edit(ctx, "UpdateAttachment", was, r, func(t item.Text, version int64) (item.Text, []errs.Field, error) {
		at, err := placeOfFile(t, r.GetAttachment().GetSha256(), match, version)
		if err != nil {
			return t, nil, err
		}
		f, wrong, err := patchFile(t.Attachments[at], r.GetAttachment(), r.GetUpdateMask().GetPaths())
		if err == nil {
			err = nameIsFree(t, f)
		}
		t.Attachments = slices.Clone(t.Attachments)
		t.Attachments[at] = f
		return t, wrong, err
	})
}

func (s *server) RemoveAttachment(ctx context.Context, r *contentv1.RemoveAttachmentRequest) (*contentv1.Content, error) {
	was, err := s.readable(ctx, r.GetContent(), "RemoveAttachment")
	if err != nil {
		return nil, err
	}
	match, ok := rpc.IfMatch(ctx)
	if !ok {
		return nil, errs.New(errorsv1.Reason_ETAG_REQUIRED)
	}
	return s.edit(ctx, "RemoveAttachment", was, r, func(t item.Text, version int64) (item.Text, []errs.Field, error) {
		at, err := placeOfFile(t, r.GetAttachment(), match, version)
		if err == nil {
			t.Attachments = slices.Delete(slices.Clone(t.Attachments), at, at+1)
		}
		return t, nil, err
	})
}

// placeOfFile finds a file in the text that the caller saw.
func placeOfFile(t item.Text, sha256, match string, version int64) (int, error) {
	if match != etag(version) {
		return 0, errs.New(errorsv1.Reason_ETAG_STALE)
	}
	at := slices.IndexFunc(t.Attachments, func(f item.File) bool { return f.SHA256 == sha256 })
	if at < 0 {
		return 0, errs.New(errorsv1.Reason_NOT_FOUND, "what", sha256)
	}
	return at, nil
}

// patchFile gives a file with what a mask names taken from another; without a mask, with what is set. What the bytes say stays.
func patchFile(f item.File, to *contentv1.Attachment, paths []string) (item.File, []errs.Field, error) {
	if len(paths) == 0 {
		paths = setPaths(to)
	}
	var wrong []errs.Field
	var err error
	for _, path := range paths {
		switch path {
		case "name":
			if f.Name, err = upload.Renamed(to.GetName(), f.MediaType); err != nil {
				return f, nil, err
			}
		case "alternative":
			f.Alternative = to.GetAlternative()
		case "line":
			f.Line = lineOf(to.GetLine())
		case "sha256", "media_type", "size":
		default:
			if !patchAttachment(&f.Line, lineOf(to.GetLine()), "attachment."+strings.TrimPrefix(path, "line.")) {
				wrong = append(wrong, errs.At("updateMask", errorsv1.Reason_BAD_FORMAT, "field", "updateMask", "value", path, "expected", "name, line, alternative"))
			}
		}
	}
	return f, wrong, nil
}
