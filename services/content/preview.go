package content

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/content/internal/item"
)

// How long a preview link lasts, and how long it may.
const (
	usualPreview   = 24 * time.Hour
	longestPreview = 7 * 24 * time.Hour
)

// previewPath is where the portal shows what a link leads to.
const previewPath = "/xem-truoc/"

// PreviewContent writes nothing: what a link says is in the link, signed. It ends by itself, and by an edit.
func (s *server) PreviewContent(ctx context.Context, r *contentv1.PreviewContentRequest) (*contentv1.PreviewLink, error) {
	i, err := s.readable(ctx, r.GetContent(), "PreviewContent")
	if err != nil {
		return nil, err
	}
	term := usualPreview
	if r.GetExpiresIn() != 0 {
		term = time.Duration(r.GetExpiresIn()) * time.Second
	}
	if term <= 0 || term > longestPreview {
		return nil, errs.Invalid([]errs.Field{errs.At("expiresIn", errorsv1.Reason_BAD_FORMAT, "field", "expiresIn",
			"value", strconv.Itoa(int(r.GetExpiresIn())), "expected", "1–"+strconv.Itoa(int(longestPreview/time.Second)))})
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := id.Parse(item.Prefix, i.ID)
	if err != nil {
		return nil, err
	}
	key, err := s.replica.PreviewKey(ctx)
	if err != nil {
		return nil, err
	}
	ticket := ticket{content: stream, revision: i.Revision, expires: now.Add(term).Truncate(time.Second)}
	return &contentv1.PreviewLink{
		Path: previewPath + ticket.token(key), ExpiresAt: timestamppb.New(ticket.expires), Revision: i.Revision, Hash: i.Hash,
	}, nil
}

// GetPreview answers every link that is no good, for whatever reason, the same way, and repeats none.
func (s *server) GetPreview(ctx context.Context, r *contentv1.GetPreviewRequest) (*contentv1.Preview, error) {
	if err := s.host.Policies.Authorize(ctx, "GetPreview", auth.Resource{Type: "Contents"}); err != nil {
		return nil, err
	}
	gone := errs.New(errorsv1.Reason_PREVIEW_GONE)
	key, err := s.replica.PreviewKey(ctx)
	if err != nil {
		return nil, err
	}
	ticket, ok := readTicket(r.GetToken(), key)
	if !ok {
		return nil, gone
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return nil, err
	}
	i, version, err := s.items.Load(ctx, id.Format(item.Prefix, ticket.content))
	switch {
	case err != nil:
		return nil, err
	case version == 0, !now.Before(ticket.expires), i.Revision != ticket.revision:
		return nil, gone
	}
	c := textMessage(i.Text, i.WordsRevision)
	c.Id, c.Agency, c.Revision, c.Hash, c.State, c.Edition = i.ID, i.Agency, i.Revision, i.Hash, string(i.State), i.Edition
	return &contentv1.Preview{Content: c, BodyHtml: i.HTML, ExpiresAt: timestamppb.New(ticket.expires)}, nil
}

// ticket is what a preview link says.
type ticket struct {
	content  id.UUID
	revision int32
	expires  time.Time // whole seconds
}

// ticketSize is the bytes of a ticket before its signature.
const ticketSize = 16 + 4 + 8

func (t ticket) bytes() []byte {
	b := append(make([]byte, 0, ticketSize+sha256.Size), t.content[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(t.revision))
	return binary.BigEndian.AppendUint64(b, uint64(t.expires.Unix()))
}

// token is the ticket with its signature (HMAC-SHA-256), for a path.
func (t ticket) token(key []byte) string {
	b := t.bytes()
	return base64.RawURLEncoding.EncodeToString(append(b, sign(key, b)...))
}

// readTicket believes only what was signed, written as token writes it.
func readTicket(token string, key []byte) (t ticket, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != ticketSize+sha256.Size || !hmac.Equal(b[ticketSize:], sign(key, b[:ticketSize])) {
		return t, false
	}
	copy(t.content[:], b)
	t.revision = int32(binary.BigEndian.Uint32(b[16:]))
	t.expires = time.Unix(int64(binary.BigEndian.Uint64(b[20:])), 0)
	return t, true
}

func sign(key, ticket []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("loa preview link 1\n"))
	mac.Write(ticket)
	return mac.Sum(nil)
}
