package outline

import (
	"net/url"
	"path"
	"strconv"
	"strings"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/content/internal/clean"
	"github.com/loa-vn/loa/services/content/internal/item"
)

// Site is what a body may refer to.
type Site struct {
	// PublicURL is the address of the portal; a link that begins with it is one of the site's own.
	PublicURL string
	// Files are the item's own.
	Files []item.File
	// Pages are the paths under /tin/ that are public.
	Pages map[string]bool
}

// Pages are the paths under /tin/ that a body links to, which are to be looked up before it is checked.
func Pages(marks []Mark, publicURL string) []string {
	var paths []string
	for _, m := range marks {
		if p, ok := pageOf(m.Destination, publicURL); ok && m.Kind == Link {
			paths = append(paths, p)
		}
	}
	return paths
}

// pageOf gives the path of a page of ours that a destination leads to.
func pageOf(destination, publicURL string) (string, bool) {
	own, ok := strings.CutPrefix(destination, publicURL)
	if !ok || publicURL == "" {
		own = destination
	}
	u, err := url.Parse(own)
	if err != nil || u.Host != "" || u.Scheme != "" {
		return "", false
	}
	for _, place := range []string{"/tin/", "/en/tin/"} {
		if slug, ok := strings.CutPrefix(path.Clean(u.Path), place); ok {
			return "/tin/" + strings.TrimSuffix(slug, "/in"), true
		}
	}
	return "", false
}

// FileOf gives the item's own file that a destination names; not named when it leads elsewhere. A name is a destination of one part.
func FileOf(destination string, files []item.File) (f item.File, named bool) {
	if destination == "" || strings.ContainsAny(destination, "/?#") || clean.SchemeOf(destination) != "" {
		return f, false
	}
	name, err := url.PathUnescape(destination)
	if err != nil {
		return f, true
	}
	for _, f := range files {
		if f.Name == name {
			return f, true
		}
	}
	return item.File{}, true
}

// Check says what keeps a body from being published. Headings begin at level 2, since the page's own title is level 1 (WCAG 2.2, 1.3.1
// and 2.4.6); every link has words (2.4.4) and leads somewhere, every picture is the item's own and has an alternative (1.1.1).
func Check(field string, marks []Mark, site Site) []item.Found {
	var found []item.Found
	add := func(m Mark, reason errs.Reason, args ...string) {
		f := item.Found{Reason: reason.String(), Blocks: true, Field: field, Row: m.Line, Args: map[string]string{}}
		for i := 0; i < len(args); i += 2 {
			f.Args[args[i]] = shorten(args[i+1])
		}
		found = append(found, f)
	}
	level := 1
	for _, m := range marks {
		switch m.Kind {
		case Heading:
			if m.Level < 2 || m.Level > level+1 {
				add(m, errorsv1.Reason_HEADING_ORDER, "text", m.Text, "level", strconv.Itoa(m.Level), "before", strconv.Itoa(level))
			}
			level = max(m.Level, 1)
		case Link:
			if m.Text == "" {
				add(m, errorsv1.Reason_LINK_TEXT_MISSING, "link", m.Destination)
			}
			if !site.leads(m.Destination) {
				add(m, errorsv1.Reason_LINK_BROKEN, "link", m.Destination)
			}
		case Image:
			f, named := FileOf(m.Destination, site.Files)
			switch {
			case !named || f.SHA256 != "" && !strings.HasPrefix(f.MediaType, "image/"):
				add(m, errorsv1.Reason_IMAGE_FOREIGN, "link", m.Destination)
			case f.SHA256 == "":
				add(m, errorsv1.Reason_LINK_BROKEN, "link", m.Destination)
			case m.Text == "" && f.Alternative == "":
				add(m, errorsv1.Reason_ALT_TEXT_MISSING, "name", f.Name)
			}
		}
	}
	return found
}

func (s Site) leads(destination string) bool {
	if destination == "" {
		return false
	}
	if f, named := FileOf(destination, s.Files); named {
		return f.SHA256 != ""
	}
	if p, ours := pageOf(destination, s.PublicURL); ours {
		return s.Pages[p]
	}
	return true // another site, or a page of ours that is not an item's
}

func shorten(s string) string {
	const limit = 100
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}
