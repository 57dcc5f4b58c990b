package site

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/portal/internal/facts"
	"github.com/loa-vn/loa/services/portal/internal/page"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// previewWithin is how long content may take to answer.
const previewWithin = 5 * time.Second

// routePreview finds a preview, or a file of it: /xem-truoc/{token} and /xem-truoc/{token}/tep/{sha256}/{name}.
func (s *Site) routePreview(lang page.Lang, rest []string) (made, bool) {
	switch {
	case len(rest) == 1:
		return made{live: s.preview(lang, rest[0])}, true
	case (len(rest) == 3 || len(rest) == 4) && "/"+rest[1] == page.FilesPath && lang == page.Vi:
		return made{live: s.previewFile(rest[0], rest[2])}, true
	}
	return made{}, false
}

// loggable is a path without what must not be known: whoever has the token of a preview may read it.
func loggable(path string) string {
	before, _, found := strings.Cut(path, page.PreviewPath+"/")
	if !found {
		return path
	}
	return before + page.PreviewPath + "/{token}"
}

// preview answers with an item that is not public, to whoever has its link.
func (s *Site) preview(lang page.Lang, token string) liveHandler {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
		p, err := s.previewed(ctx, w, r, token)
		if p == nil {
			return err
		}
		path := page.PreviewPath + "/" + url.PathEscape(token)
		props, shown := s.articleProps(lang, &facts.Publication{State: facts.Published, Event: &distributionv1.PublicationPublished{
			Content: p.GetContent(), BodyHtml: p.GetBodyHtml(),
		}}, nil)
		if !shown {
			return errAbsent
		}
		// Its pictures and files are fetched under the same token: they are not public either. Quotes in the text itself are escaped.
		props.Body = page.SafeHTML(strings.ReplaceAll(string(props.Body), `"`+page.FilesPath+"/", `"`+path+page.FilesPath+"/"))
		for i := range props.Attachments {
			if a := &props.Attachments[i]; a.Path != "" {
				a.Path = path + a.Path
			}
		}
		notice(w, r, http.StatusOK, func(out io.Writer) error {
			return page.Preview(out, page.PreviewProps{
				ArticleProps: props, ExpiresAt: p.GetExpiresAt().AsTime(), Path: path, UrgentUntil: facts.UrgentUntil(p.GetContent()),
			})
		})
		return nil
	}
}

func (s *Site) previewFile(token, sha256 string) liveHandler {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request) error {
		p, err := s.previewed(ctx, w, r, token)
		if p == nil {
			return err
		}
		for _, a := range p.GetContent().GetAttachments() {
			if a.GetSha256() == sha256 {
				w.Header().Set("Cache-Control", "no-store")
				return s.send(ctx, w, r, sha256, a.GetName(), a.GetMediaType())
			}
		}
		return errAbsent
	}
}

// previewed asks content what a link shows; nil when the answer is given already, or could not be had.
func (s *Site) previewed(ctx context.Context, w http.ResponseWriter, r *http.Request, token string) (*contentv1.Preview, error) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex")
	ctx, cancel := context.WithTimeout(ctx, previewWithin)
	defer cancel()
	p, err := s.Content.GetPreview(ctx, &contentv1.GetPreviewRequest{Token: token})
	if err == nil {
		return p, nil
	}
	switch errs.Status(errs.ReasonOf(err)) {
	case http.StatusGone, http.StatusNotFound, http.StatusBadRequest, http.StatusUnprocessableEntity:
		notice(w, r, http.StatusGone, func(out io.Writer) error { return page.PreviewGone(out, s.frameOf(r)) })
		return nil, nil //nolint:nilnil // the answer is given
	}
	return nil, err
}
