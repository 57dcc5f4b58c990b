package page

import (
	"io"
	"time"
)

// GoneProps is an item that is shown no more: it was withdrawn, or its time is over.
type GoneProps struct {
	Frame
	Slug     string
	Title    string
	Language string
	Theme    string
	// Expired says that its time is over; else it was withdrawn.
	Expired     bool
	Issuer      string
	PublishedAt time.Time
	At          time.Time
	Reason      string
	Replacement *Entry
	Reached     []Reached
	Approvals   []Approval // of the withdrawal
	Bypass      *Bypass    // by which the withdrawal was approved
	Hash        string
	Others      []Entry
}

// Gone writes the page of an item that is shown no more: to be sent with status 410.
func Gone(w io.Writer, p GoneProps) error {
	code, err := newQR(p.Site.absolute(ArticlePath(p.Lang, p.Slug)))
	if err != nil {
		return err
	}
	return render(w, gonePage(p, code))
}

// PreviewGone writes the page of a preview that has ended: to be sent with status 410.
func PreviewGone(w io.Writer, f Frame) error {
	return render(w, noticePage(f, f.words().PreviewGoneTitle, f.words().PreviewGoneText, true))
}

// FileGone writes the page for a file that nothing public names any more: to be sent with status 410.
func FileGone(w io.Writer, f Frame) error {
	return render(w, noticePage(f, f.words().FileGoneTitle, f.words().FileGoneText, true))
}

func (p GoneProps) title() string {
	if p.Expired {
		return p.words().ExpiredTitle
	}
	return p.words().WithdrawnTitle
}

func (p GoneProps) proofTitle() string {
	if p.Expired {
		return p.words().ExpiredProof
	}
	return p.words().WithdrawnProof
}

func (p GoneProps) head(code qrCode) pageHead {
	last := crumb{name: p.Theme, path: ArticlePath(p.Lang, p.Slug), lang: p.foreign("")}
	if last.name == "" {
		last.name, last.lang = p.title(), ""
	}
	return pageHead{
		title: p.title(), path: ArticlePath(Vi, p.Slug), qr: &code, noindex: true, section: newsSection,
		crumbs: []crumb{
			{name: p.words().Home, path: HomePath(p.Lang)},
			{name: p.words().News, path: LocalPath(p.Lang, NewsPath)},
			last,
		},
	}
}
