package content

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
)

func TestWhoHasTheLinkReadsTheRevisionItWasMadeOf(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	s.Issuer.Secrets = map[string]string{"service:portal": "secret"}
	portal := rpc.WithCaller(t.Context(), s.Issuer.Token(t, "service:portal"))
	link, err := s.PreviewContent(s.As("cv.stttt"), &contentv1.PreviewContentRequest{Content: c.GetId()})
	if err != nil {
		t.Fatal(err)
	}
	token, ok := strings.CutPrefix(link.GetPath(), "/xem-truoc/")
	if left := time.Until(link.GetExpiresAt().AsTime()); !ok || link.GetRevision() != 1 || link.GetHash() != c.GetHash() || left < 23*time.Hour || left > 25*time.Hour {
		t.Fatalf("the link: %v", link)
	}
	preview, err := s.GetPreview(portal, &contentv1.GetPreviewRequest{Token: token})
	if err != nil || preview.GetContent().GetTitle() != c.GetTitle() || preview.GetContent().GetRevision() != 1 || !strings.Contains(preview.GetBodyHtml(), "<strong>") {
		t.Fatalf("the preview: %v, %v", preview, err)
	}
	// Only the portal asks, and only what was signed is believed.
	_, err = s.GetPreview(s.As("cv.stttt"), &contentv1.GetPreviewRequest{Token: token})
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	gone := func(token string) {
		t.Helper()
		_, err := s.GetPreview(portal, &contentv1.GetPreviewRequest{Token: token})
		refused(t, err, errorsv1.Reason_PREVIEW_GONE, 410, "Liên kết xem trước đã hết hạn, hoặc bài đã được sửa sau khi tạo liên kết. Hãy xin liên kết mới.",
			"The preview link has expired, or the item was edited after it was made. Ask for a new one.")
		if len(token) > 20 && strings.Contains(err.Error(), token) {
			t.Error("the refusal repeats the token")
		}
	}
	for i := range raw {
		raw[i] ^= 1
		gone(base64.RawURLEncoding.EncodeToString(raw))
		raw[i] ^= 1
	}
	for _, other := range []string{"", "x", token[1:], token + "A", strings.ToUpper(token)} {
		gone(other)
	}
	// One that has expired, and one of another item of this key.
	key, err := s.server.replica.PreviewKey(t.Context())
	if err != nil || len(key) != 32 {
		t.Fatalf("the key has %d bytes, %v", len(key), err)
	}
	stream, err := id.Parse("content", c.GetId())
	if err != nil {
		t.Fatal(err)
	}
	gone(ticket{content: stream, revision: 1, expires: time.Now().Add(-time.Minute)}.token(key))
	gone(ticket{content: id.Derive(time.Time{}, "none"), revision: 1, expires: time.Now().Add(time.Hour)}.token(key))
	gone(ticket{content: stream, revision: 1, expires: time.Now().Add(time.Hour)}.token(make([]byte, 32)))
	// An edit ends every link.
	s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), Title: "Hai"}, "title")
	gone(token)
	for seconds, want := range map[int32]string{-1: "expiresIn BAD_FORMAT", 604_801: "expiresIn BAD_FORMAT"} {
		_, err := s.PreviewContent(s.As("cv.stttt"), &contentv1.PreviewContentRequest{Content: c.GetId(), ExpiresIn: seconds})
		if got := places(t, err); got != want {
			t.Errorf("%d seconds: %s", seconds, got)
		}
	}
	_, err = s.PreviewContent(s.As("cv.snv"), &contentv1.PreviewContentRequest{Content: c.GetId()})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, err = s.PreviewContent(s.As("vt.stttt"), &contentv1.PreviewContentRequest{Content: c.GetId()})
	reason(t, err, errorsv1.Reason_FORBIDDEN)
}
