package page

import (
	"fmt"
	"io"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// PreviewPath is where previews are read; below it stands the token of the link.
const PreviewPath = "/xem-truoc"

// PreviewProps is an item that is not public, for whoever has the link.
type PreviewProps struct {
	ArticleProps
	ExpiresAt time.Time
	// Path is the preview's own Vietnamese path, with the token. It stands in links to the other languages and nowhere else.
	Path string
	// UrgentUntil is until when it would be named as urgent; zero: it would not be.
	UrgentUntil time.Time
}

// Preview writes the page of a preview. It is never to be kept.
func Preview(w io.Writer, p PreviewProps) error { return render(w, previewPage(p)) }

func (p PreviewProps) head() pageHead {
	return pageHead{title: fmt.Sprintf(p.words().PreviewTitle, p.Title), noindex: true}
}

func (p PreviewProps) strip() string {
	return fmt.Sprintf(p.words().PreviewLong, vn.Clock(p.ExpiresAt), vn.DateIn(p.ExpiresAt, p.Speech()))
}
