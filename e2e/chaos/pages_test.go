package chaos

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/loa-vn/loa/e2e/system"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// seen is a page as a reader sees it.
type seen struct {
	answer
	root *html.Node
	// text is all that can be read on it.
	text string
}

// lacks names what a page does not say.
func (s *seen) lacks(parts ...string) string {
	for _, part := range parts {
		if !strings.Contains(s.text, part) {
			return fmt.Sprintf("%d without %q: %.2000s", s.status, part, s.text)
		}
	}
	return ""
}

// shows waits until every process of the portal answers a path with a page in which nothing is wrong.
func (o outside) shows(path string, wrong func(*seen) string) {
	t := o.t
	t.Helper()
	for _, portal := range o.portals {
		err := until(t.Context(), "the page "+portal+path, func() (bool, string, error) {
			a, err := o.visit(t.Context(), portal+path, "text/html")
			if err != nil || a.status != http.StatusOK {
				return false, fmt.Sprint(a.status, err), nil
			}
			root, err := html.Parse(bytes.NewReader(a.body))
			if err != nil {
				return false, "", err
			}
			said := wrong(&seen{a, root, system.Text(root)})
			return said == "", said, nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// genuine waits until the portal says that what has the hash is the city's.
func (o outside) genuine(hash string, says ...string) {
	o.t.Helper()
	o.shows("/xac-thuc/"+hash, func(page *seen) string {
		return page.lacks(append([]string{"Đúng là của thành phố", hash}, says...)...)
	})
}

// letters are a text without its spaces and the marks of Markdown that the line's texts use.
func letters(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "**", "")), "")
}

// exactly says what is wrong with a page that is to show a text under a title.
func exactly(page *seen, title, text string) string {
	main := system.First(page.root, "main")
	if got := system.Text(system.First(main, "h1")); letters(got) != letters(title) {
		return fmt.Sprintf("the title is %q, wanted %q", got, title)
	}
	if got := system.Text(system.First(main, "div", "prose")); letters(got) != letters(text) {
		return fmt.Sprintf("the text is %q, wanted %q", got, text)
	}
	return ""
}

// pagesHold: what was published stands on every process of the portal with the words that were acknowledged, once.
func (o outside) pagesHold() {
	t := o.t
	for _, p := range append([]*paper{o.now, o.timed, o.notice, o.article}, o.past...) {
		page := &distributionv1.ListPublicationsResponse{}
		o.get("thanh.tra", "/v1/publications?content="+p.content.GetId(), page)
		list := page.GetPublications()
		if len(list) != 1 || list[0].GetId() != p.publication.GetId() || list[0].GetHash() != p.content.GetHash() || list[0].GetState() != "published" || !list[0].GetVerified() {
			t.Errorf("%s is published as %v, acknowledged was %v", p.key, list, p.publication)
			continue
		}
		text := p.content.GetBody()
		for _, path := range []string{list[0].GetPath(), list[0].GetPath() + "/in"} {
			o.shows(path, func(page *seen) string {
				if p == o.article { // its Markdown is more than letters
					return page.lacks(p.content.GetTitle())
				}
				return exactly(page, p.content.GetTitle(), text)
			})
		}
		o.genuine(list[0].GetHash())
	}
	if set, public := o.timed.publication.GetPublishAt().AsTime(), o.timed.publication.GetPublishedAt().AsTime(); public.Before(set) {
		t.Errorf("set for %v, it was published at %v", set, public)
	}
}

// correctionHolds: the corrected page says so, the text before is kept as an old one, and the old address leads to the new one.
func (o outside) correctionHolds() {
	t, p := o.t, o.notice.publication
	versions := &distributionv1.ListVersionsResponse{}
	o.get("thanh.tra", "/v1/publications/"+p.GetId()+"/versions", versions)
	v := versions.GetVersions()
	if len(v) != 2 || v[1].GetContent().GetHash() != o.notice.content.GetHash() || v[1].GetReason() != wrongPlace || p.GetNumber() != 1 || len(p.GetSlugs()) != 2 {
		t.Fatalf("the corrected %v has the versions %v", p, v)
	}
	o.shows(p.GetPath(), func(page *seen) string { return page.lacks("Đã đính chính lúc", wrongPlace) })
	before := v[0].GetContent()
	o.shows(p.GetPath()+"/ban/0", func(page *seen) string {
		if said := page.lacks("Đây là bản cũ", before.GetTitle()); said != "" {
			return said
		}
		return exactly(page, before.GetTitle(), before.GetBody())
	})
	for _, portal := range o.portals {
		a, err := o.visit(t.Context(), portal+"/tin/"+p.GetSlugs()[0], "text/html")
		if err != nil || a.status != http.StatusMovedPermanently || a.header.Get("Location") != p.GetPath() {
			t.Errorf("the old address %s answers %d and leads to %q (%v)", p.GetSlugs()[0], a.status, a.header.Get("Location"), err)
		}
	}
}

// withdrawalHolds: every process of the portal says that the page is gone, and why, to people and programs; its words and its file are
// nowhere.
func (o outside) withdrawalHolds() {
	t, p := o.t, o.void.publication
	for _, portal := range o.portals {
		for _, path := range []string{p.GetPath(), p.GetPath() + "/in", p.GetPath() + "/ban/0", "/en" + p.GetPath(), o.void.filePath()} {
			a, err := o.visit(t.Context(), portal+path, "text/html")
			if err != nil || a.status != http.StatusGone {
				t.Errorf("%s of what was withdrawn answers %d (%v)", path, a.status, err)
			}
		}
		a, err := o.visit(t.Context(), portal+p.GetPath(), "application/json")
		if err != nil || a.status != http.StatusGone || !strings.Contains(string(a.body), `"PAGE_WITHDRAWN"`) || !strings.Contains(string(a.body), notAgreedOn) {
			t.Errorf("a program is told %d %s (%v)", a.status, a.body, err)
		}
		for _, path := range []string{"/", "/tin", "/feed.atom", "/feed.json", "/sitemap.xml"} {
			a, err := o.visit(t.Context(), portal+path, "*/*")
			if err != nil || a.status != http.StatusOK || strings.Contains(string(a.body), p.GetSlug()) {
				// A feed may say that it was withdrawn.
				if !strings.Contains(string(a.body), "thu hồi") {
					t.Errorf("%s answers %d and names what was withdrawn (%v)", path, a.status, err)
				}
			}
		}
	}
}

// filesHold: what was uploaded comes back to the byte, to those who work with it and to readers.
func (o outside) filesHold() {
	t := o.t
	for _, p := range []*paper{o.notice, o.void} {
		f := p.content.GetAttachments()[0]
		got, err := o.fetch(t.Context(), "thanh.tra", "/v1/contents/"+p.content.GetId()+"/attachments/"+f.GetSha256())
		if err != nil || got.digest != f.GetSha256() || got.mediaType != "application/pdf" {
			t.Errorf("the file of %s is %v (%v), wanted %v", p.key, got, err, f)
		}
	}
	for _, portal := range o.portals {
		a, err := o.visit(t.Context(), portal+o.notice.filePath(), "*/*")
		if err != nil || a.status != http.StatusOK || digest(a.body) != o.notice.content.GetAttachments()[0].GetSha256() {
			t.Errorf("readers get %d, %d bytes (%v)", a.status, len(a.body), err)
		}
	}
	for _, r := range []*result{o.kept, o.retracted} {
		got, err := o.fetch(t.Context(), "thanh.tra", "/v1/results/"+r.result.GetId()+"/evidence/"+r.evidence.GetSha256())
		if err != nil || got.digest != digest([]byte(r.bytes)) || !slices.Contains([]string{"text/plain", "text/plain; charset=utf-8"}, got.mediaType) {
			t.Errorf("the evidence of %s is %v (%v)", r.key, got, err)
		}
	}
}
