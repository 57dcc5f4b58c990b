package content

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/upload"
)

// attach sends a file in pieces of some bytes.
func (s *service) attach(ctx context.Context, content, file string, said *contentv1.Attachment) (*contentv1.Content, error) {
	s.Helper()
	stream, err := s.AddAttachment(ctx)
	if err != nil {
		return nil, err
	}
	send := func(m *contentv1.AddAttachmentRequest) bool { return stream.Send(m) == nil }
	going := send(&contentv1.AddAttachmentRequest{Piece: &contentv1.AddAttachmentRequest_Content{Content: content}})
	for piece := range slices.Chunk([]byte(file), 100_000) {
		going = going && send(&contentv1.AddAttachmentRequest{Piece: &contentv1.AddAttachmentRequest_Chunk{Chunk: piece}})
	}
	if going && said != nil {
		send(&contentv1.AddAttachmentRequest{Piece: &contentv1.AddAttachmentRequest_Attachment{Attachment: said}})
	}
	return stream.CloseAndRecv()
}

// download gives a file, and what the answer says its name is.
func (s *service) download(person, content, sha256 string) (file []byte, mediaType, name string, err error) {
	s.Helper()
	stream, err := s.GetAttachment(s.As(person), &contentv1.GetAttachmentRequest{Content: content, Attachment: sha256})
	if err != nil {
		return nil, "", "", err
	}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			header, err := stream.Header()
			return file, mediaType, strings.Join(header.Get("loa-file-name-bin"), ""), err
		}
		if err != nil {
			return nil, "", "", err
		}
		mediaType = m.GetContentType()
		file = append(file, m.GetData()...)
	}
}

func onePixel(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func digest(file string) string {
	sum := sha256.Sum256([]byte(file))
	return hex.EncodeToString(sum[:])
}

func TestAFileIsAttachedReadEditedAndRemoved(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	plan := "%PDF-1.7\n" + strings.Repeat("Kế hoạch 38. ", 60_000)
	attached, err := s.attach(s.As("cv2.stttt"), c.GetId(), plan, &contentv1.Attachment{
		Name: `C:\tệp\Ke\u0302\u0301 hoạch 38.pdf`, Line: &contentv1.AttachmentLine{Title: " Kế hoạch 38 ", Number: "38/KH-UBND", Date: "2022-02-23"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(attached.GetAttachments()) != 1 || attached.GetRevision() != 2 || attached.GetHash() == c.GetHash() || !slices.Contains(attached.GetAuthors(), "cv2.stttt") {
		t.Fatalf("attached: %v", attached)
	}
	f := attached.GetAttachments()[0]
	if f.GetSha256() != digest(plan) || f.GetMediaType() != "application/pdf" || f.GetSize() != int64(len(plan)) || f.GetLine().GetTitle() != "Kế hoạch 38" {
		t.Errorf("attached: %v", f)
	}
	file, mediaType, _, err := s.download("tp.stttt", c.GetId(), f.GetSha256())
	if err != nil || string(file) != plan || mediaType != "application/pdf" {
		t.Errorf("read %d bytes of %s, %v", len(file), mediaType, err)
	}
	_, _, _, err = s.download("cv.snv", c.GetId(), f.GetSha256())
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, _, _, err = s.download("tp.stttt", c.GetId(), strings.Repeat("0", 64))
	reason(t, err, errorsv1.Reason_NOT_FOUND)

	update := func(etag string, to *contentv1.Attachment, paths ...string) (*contentv1.Content, error) {
		to.Sha256 = f.GetSha256()
		return s.UpdateAttachment(s.As("cv.stttt", "if-match", etag), &contentv1.UpdateAttachmentRequest{
			Content: c.GetId(), Attachment: to, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
		})
	}
	edited, err := update(attached.GetEtag(), &contentv1.Attachment{Name: "Kế hoạch", Line: &contentv1.AttachmentLine{Issuer: "UBND thành phố"}}, "name", "line.issuer")
	if err != nil {
		t.Fatal(err)
	}
	if f := edited.GetAttachments()[0]; f.GetName() != "Kế hoạch.pdf" || f.GetLine().GetIssuer() != "UBND thành phố" || f.GetLine().GetNumber() != "38/KH-UBND" || edited.GetHash() == attached.GetHash() {
		t.Errorf("edited: %v", f)
	}
	_, err = update(attached.GetEtag(), &contentv1.Attachment{Name: "x.pdf"})
	reason(t, err, errorsv1.Reason_ETAG_STALE)
	_, err = update(edited.GetEtag(), &contentv1.Attachment{Name: "x.exe"})
	reason(t, err, errorsv1.Reason_FILE_DISGUISED)
	_, err = update(edited.GetEtag(), &contentv1.Attachment{}, "nonsense")
	if got := places(t, err); got != "updateMask BAD_FORMAT" {
		t.Errorf("refused: %s", got)
	}
	_, err = update(edited.GetEtag(), &contentv1.Attachment{Line: &contentv1.AttachmentLine{Title: "TỐI MẬT"}}, "line")
	if got := places(t, err); got != "attachments[0].line.title SECRECY_MARK" {
		t.Errorf("refused: %s", got)
	}
	_, err = s.UpdateAttachment(s.As("cv.stttt"), &contentv1.UpdateAttachmentRequest{Content: c.GetId(), Attachment: f})
	reason(t, err, errorsv1.Reason_ETAG_REQUIRED)

	remove := &contentv1.RemoveAttachmentRequest{Content: c.GetId(), Attachment: f.GetSha256()}
	_, err = s.RemoveAttachment(s.As("cv.stttt"), remove)
	reason(t, err, errorsv1.Reason_ETAG_REQUIRED)
	removed, err := s.RemoveAttachment(s.As("cv.stttt", "if-match", edited.GetEtag()), remove)
	if err != nil || len(removed.GetAttachments()) != 0 || removed.GetRevision() != 4 {
		t.Fatalf("removed: %v, %v", removed, err)
	}
	_, err = s.RemoveAttachment(s.As("cv.stttt", "if-match", removed.GetEtag()), remove)
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	// Who reads the revisions reads their files.
	if file, _, _, err := s.download("tp.stttt", c.GetId(), f.GetSha256()); err != nil || string(file) != plan {
		t.Errorf("read %d bytes, %v", len(file), err)
	}
}

func TestARepeatedUploadIsOne(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	said := &contentv1.Attachment{Name: "a.txt"}
	one, err := s.attach(s.As("cv.stttt", "idempotency-key", "k"), c.GetId(), "một", said)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.attach(s.As("cv.stttt", "idempotency-key", "k"), c.GetId(), "một", said)
	if err != nil || again.GetEtag() != one.GetEtag() {
		t.Errorf("again: %v, %v", again, err)
	}
	_, err = s.attach(s.As("cv.stttt", "idempotency-key", "k"), c.GetId(), "hai", said)
	reason(t, err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	// The same file under another key is there already.
	same, err := s.attach(s.As("cv2.stttt"), c.GetId(), "một", &contentv1.Attachment{Name: "b.txt"})
	if err != nil || same.GetEtag() != one.GetEtag() {
		t.Errorf("the same file: %v, %v", same, err)
	}
	_, err = s.attach(s.As("cv.stttt", "if-match", c.GetEtag()), c.GetId(), "hai", said)
	reason(t, err, errorsv1.Reason_ETAG_STALE)
	_, err = s.attach(s.As("cv.stttt"), c.GetId(), "hai", said)
	refused(t, err, errorsv1.Reason_ATTACHMENT_NAME, 409, "Mục tin đã có tệp khác tên “a.txt”. Hãy đổi tên tệp, hoặc bỏ tệp cũ trước.",
		"The item has another file named “a.txt”. Rename this one, or remove the other first.")
}

func TestFilesThatAreNotTaken(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	for _, bad := range []struct {
		person, content, file string
		said                  *contentv1.Attachment
		reason                errs.Reason
	}{
		{"cv.stttt", c.GetId(), "", &contentv1.Attachment{Name: "a.pdf"}, errorsv1.Reason_FILE_EMPTY},
		{"cv.stttt", c.GetId(), "<script>x</script>", &contentv1.Attachment{Name: "a.txt"}, errorsv1.Reason_FILE_ACTIVE},
		{"cv.stttt", c.GetId(), "MZ\x90", &contentv1.Attachment{Name: "a.pdf"}, errorsv1.Reason_FILE_ACTIVE},
		{"cv.stttt", c.GetId(), "PK\x03\x04", &contentv1.Attachment{Name: "a.zip"}, errorsv1.Reason_FILE_TYPE},
		{"cv.stttt", c.GetId(), "một", &contentv1.Attachment{Name: "a.pdf"}, errorsv1.Reason_FILE_DISGUISED},
		{"cv.stttt", c.GetId(), "một", &contentv1.Attachment{Name: "\u202e"}, errorsv1.Reason_FILE_NAME},
		{"cv.stttt", c.GetId(), "một", nil, errorsv1.Reason_UNREADABLE},
		{"cv.stttt", c.GetId(), "một", &contentv1.Attachment{Name: "a.txt", Alternative: "TUYỆT MẬT"}, errorsv1.Reason_INVALID},
		{"cv.stttt", "content_01k8z9v6w5qj3c7n2m4x8r1t0a", "một", &contentv1.Attachment{Name: "a.txt"}, errorsv1.Reason_NOT_FOUND},
		{"cv.snv", c.GetId(), "một", &contentv1.Attachment{Name: "a.txt"}, errorsv1.Reason_NOT_FOUND},
		{"vt.stttt", c.GetId(), "một", &contentv1.Attachment{Name: "a.txt"}, errorsv1.Reason_FORBIDDEN},
	} {
		if _, err := s.attach(s.As(bad.person), bad.content, bad.file, bad.said); errs.ReasonOf(err) != bad.reason {
			t.Errorf("%q as %v: %v, want %s", bad.file, bad.said, err, bad.reason)
		}
	}
	if got := s.get("cv.stttt", c.GetId()); got.GetEtag() != c.GetEtag() {
		t.Error("a refused file changed the item")
	}
}

func TestTooLargeAFileIsRefusedWhileItComes(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	stream, err := s.AddAttachment(s.As("cv.stttt"))
	if err != nil {
		t.Fatal(err)
	}
	err = stream.Send(&contentv1.AddAttachmentRequest{Piece: &contentv1.AddAttachmentRequest_Content{Content: c.GetId()}})
	sent := 0
	for piece := make([]byte, 1<<20); err == nil && sent <= 2*upload.Limit; sent += len(piece) {
		err = stream.Send(&contentv1.AddAttachmentRequest{Piece: &contentv1.AddAttachmentRequest_Chunk{Chunk: piece}})
	}
	if sent > upload.Limit+(10<<20) {
		t.Errorf("%d MiB were taken before the answer", sent>>20)
	}
	_, err = stream.CloseAndRecv()
	refused(t, err, errorsv1.Reason_TOO_LARGE, 413, "Nội dung gửi lên vượt giới hạn 50 MiB.", "The body is over the limit of 50 MiB.")
}

// A caller that goes away in the middle leaves nothing, and is no fault of the service.
func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	before := s.Recorded()
	ctx, cancel := context.WithCancel(s.As("cv.stttt"))
	stream, err := s.AddAttachment(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*contentv1.AddAttachmentRequest{
		{Piece: &contentv1.AddAttachmentRequest_Content{Content: c.GetId()}}, {Piece: &contentv1.AddAttachmentRequest_Chunk{Chunk: []byte("%PDF-1.7")}},
	} {
		if err := stream.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	if _, err := stream.CloseAndRecv(); err == nil {
		t.Error("it was taken")
	}
	if s.Recorded() != before {
		t.Error("something was recorded")
	}
}

func TestAttachmentsAreLimitedInNumber(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	for n := range 50 {
		if _, err := s.attach(s.As("cv.stttt"), c.GetId(), fmt.Sprint("tệp ", n), &contentv1.Attachment{Name: fmt.Sprintf("%d.txt", n)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.attach(s.As("cv.stttt"), c.GetId(), "một tệp nữa", &contentv1.Attachment{Name: "nua.txt"})
	refused(t, err, errorsv1.Reason_ATTACHMENT_LIMIT, 409, "Mục tin đã có 50 tệp đính kèm, là số tối đa. Hãy bỏ bớt một tệp trước.",
		"The item has 50 attachments, the most there may be. Remove one first.")
}

// A file is part of what is approved: adding one voids the approval, and the body that names it leads to it.
func TestAFileIsPartOfWhatIsApproved(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	submitted := s.submit("cv.stttt", c.GetId())
	s.approved(c.GetId(), submitted.GetHash())
	picture := onePixel(t)
	attached, err := s.attach(s.As("cv.stttt"), c.GetId(), picture, &contentv1.Attachment{Name: "biểu đồ.png", Alternative: "Tỷ lệ hồ sơ"})
	if err != nil || attached.GetState() != "draft" {
		t.Fatalf("attached to what was approved: %v, %v", attached, err)
	}
	_, err = s.UpdateContent(s.As("cv.stttt", "if-match", attached.GetEtag()), &contentv1.UpdateContentRequest{Content: &contentv1.Content{
		Id: c.GetId(), Body: "![](<biểu đồ.png>)\n\n[tải về](bi%E1%BB%83u%20%C4%91%E1%BB%93.png) ![x](https://e.example/x.png)",
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.submit("cv.stttt", c.GetId())
	path := "/tep/" + digest(picture) + "/bi%E1%BB%83u%20%C4%91%E1%BB%93.png"
	want := `<p><img src="` + path + `" alt="Tỷ lệ hồ sơ"/></p>` + "\n" + `<p><a href="` + path + `">tải về</a> x</p>` + "\n"
	if got := s.lastSubmitted().GetBodyHtml(); strings.ReplaceAll(got, `"/>`, `">`) != strings.ReplaceAll(want, `"/>`, `">`) {
		t.Errorf("published as\n%s\nwant\n%s", got, want)
	}
}

// lastSubmitted is what was published of the last submission.
func (s *service) lastSubmitted() *contentv1.ContentSubmitted {
	s.Helper()
	events, err := s.Host.Log.Read(s.Context(), 0, 1_000)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range slices.Backward(events) {
		m, err := publish(e)
		if err != nil {
			s.Fatal(err)
		}
		if submitted, ok := m.(*contentv1.ContentSubmitted); ok {
			return submitted
		}
	}
	s.Fatal("nothing was submitted")
	return nil
}
