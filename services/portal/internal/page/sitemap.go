package page

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"
)

// SitemapLimit is how many addresses one sitemap may name (sitemaps.org).
const SitemapLimit = 50_000

// SitemapEntry is a page that search engines should know.
type SitemapEntry struct {
	// Path is of the Vietnamese page, or of its first language.
	Path string
	// Languages that its text stands in, that of Path first; a page of one has no alternates.
	Languages []Lang
	ChangedAt time.Time // zero: not known
}

type sitemapURL struct {
	XMLName  xml.Name      `xml:"url"`
	Location string        `xml:"loc"`
	Changed  string        `xml:"lastmod,omitempty"`
	Links    []sitemapLink `xml:"xhtml:link"`
}

type sitemapLink struct {
	Rel      string `xml:"rel,attr"`
	Language string `xml:"hreflang,attr"`
	Href     string `xml:"href,attr"`
}

// Sitemap writes the addresses of pages, one after the other, so that none is held longer than it takes to write. An address stands
// there once for every language of its text, each naming the others.
func Sitemap(w io.Writer, site Site, entries func(yield func(SitemapEntry) error) error) error {
	if _, err := io.WriteString(w, xml.Header+`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">`+"\n"); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	err := entries(func(e SitemapEntry) error {
		var links []sitemapLink
		if len(e.Languages) > 1 {
			for _, lang := range e.Languages {
				links = append(links, sitemapLink{"alternate", string(lang), site.absolute(LocalPath(lang, e.Path))})
			}
		}
		languages := e.Languages
		if len(languages) == 0 {
			languages = []Lang{Vi}
		}
		for _, lang := range languages {
			if err := encoder.Encode(sitemapURL{Location: site.absolute(LocalPath(lang, e.Path)), Changed: stampOf(e.ChangedAt), Links: links}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n</urlset>\n")
	return err
}

// SitemapPart is the path of a part of the sitemap, counted from 1.
func SitemapPart(n int) string { return "/sitemap-" + strconv.Itoa(n) + ".xml" }

// SitemapIndex writes the index of a sitemap in parts.
func SitemapIndex(w io.Writer, site Site, parts int) error {
	if _, err := io.WriteString(w, xml.Header+`<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`+"\n"); err != nil {
		return err
	}
	for n := 1; n <= parts; n++ {
		if _, err := fmt.Fprintf(w, "<sitemap><loc>%s</loc></sitemap>\n", site.absolute(SitemapPart(n))); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "</sitemapindex>\n")
	return err
}

// Robots writes what programs that visit the site are asked: not to search, not to use the API as pages.
func Robots(w io.Writer, site Site) error {
	_, err := fmt.Fprintf(w, "User-agent: *\nDisallow: %s\nDisallow: /*%s\nDisallow: /v1/\nDisallow: %s/\nDisallow: /*%s/\n\nSitemap: %s\n", SearchPath, SearchPath, PreviewPath, PreviewPath, site.absolute(SitemapPath))
	return err
}
