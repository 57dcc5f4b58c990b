// Package pages opens every public page of the running system in headless Chromium, on a desk in light colours and on a phone in dark ones:
// axe finds nothing against WCAG 2.2 A and AA, nothing scrolls sideways, and the page's own security policy lets everything it needs load.
package pages

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/loa-vn/loa/e2e/system"
)

// Widths in CSS pixels: a desk, a phone, and what WCAG 2.2 asks a page to reflow to (1.4.10), which is also 1280 pixels at four times the
// size.
const (
	desk   = 1280
	phone  = 360
	reflow = 320
)

func TestPagesInABrowser(t *testing.T) {
	s := system.Start(t, system.Options{Shape: system.One, Example: true})
	browser := start(t)
	axe, err := os.ReadFile(filepath.Join(system.Root(t), "e2e", "testdata", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	marked(t, s)
	paths := crawl(t, browser, s.Portal)
	for _, kind := range []string{
		"/tin/", "/en/tin/", "/bao-cao/", "/en/bao-cao/", "/in", "/docs", "/chu-de/", "/en/chu-de/", "/doi-tuong/", "/en/doi-tuong/",
		"/ke-hoach/", "/en/ke-hoach/", "/tim-kiem", "/en/tim-kiem", "/xac-thuc", "/en/xac-thuc",
	} {
		if !slices.ContainsFunc(paths, func(p string) bool { return strings.Contains(p, kind) }) {
			t.Errorf("no page of the kind %s was found: %q", kind, paths)
		}
	}
	for _, path := range unlinked(t, s) {
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			check(t, browser, s.Portal+path, string(axe))
		})
	}
}

func start(t *testing.T) context.Context {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Fatal("Chromium is missing; `make test` installs it where it can")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	browser, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	if err := chromedp.Do(browser); err != nil {
		t.Fatal(err)
	}
	return browser
}

// ofAKind is how many pages of a kind are opened: two items of news may look otherwise, the twelfth item of a plan does not.
const ofAKind = 2

// kindOf is a page's place in the site with what names one page left out: all items of news are of one kind, in each language.
func kindOf(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if i > 1 && part != "in" && (i != 2 || parts[1] != "en") {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// crawl follows links from the home page and the reference, inside the site, and tells the pages it found, some of each kind. Feeds and
// static files are no pages.
func crawl(t *testing.T, browser context.Context, base string) []string {
	t.Helper()
	found, queue, kinds := []string{}, []string{"/", "/docs"}, map[string]int{}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if slices.Contains(found, path) {
			continue
		}
		if kinds[kindOf(path)]++; kinds[kindOf(path)] > ofAKind {
			continue
		}
		found = append(found, path)
		if err := chromedp.Do(browser, chromedp.Navigate(base+path)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		links, err := chromedp.Run(browser, chromedp.Evaluate[[]string](
			`[...document.querySelectorAll('a[href]')].map(a => new URL(a.href)).filter(u => u.origin === location.origin).map(u => u.pathname)`))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, l := range links {
			if !strings.HasPrefix(l, "/static/") && !strings.HasPrefix(l, "/tep/") && !strings.HasSuffix(l, ".atom") && !strings.HasSuffix(l, ".json") && !strings.HasPrefix(l, "/v1/") {
				queue = append(queue, l)
			}
		}
	}
	return found
}

// finding is what axe says of a page.
type finding struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// coloured sets what the reader prefers, light or dark.
func coloured(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// fits says that nothing scrolls sideways.
func fits(t *testing.T, tab context.Context, width int64) {
	t.Helper()
	overflow, err := chromedp.Run(tab, chromedp.Evaluate[int64](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if err != nil || overflow > 0 {
		t.Errorf("at %d it scrolls sideways by %d pixels (%v)", width, overflow, err)
	}
}

// check opens a page once and looks at it as a reader at a desk has it, and one with a phone, who reads in dark colours.
func check(t *testing.T, browser context.Context, url, axe string) {
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	tab, stop := context.WithTimeout(tab, time.Minute)
	defer stop()
	if err := chromedp.Do(tab, coloured("light"), chromedp.EmulateViewport(desk, 900), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	rules, err := chromedp.Run(tab, chromedp.Evaluate[int64](`[...document.styleSheets].reduce((n, s) => n + s.cssRules.length, 0)`))
	if err != nil || rules == 0 {
		t.Errorf("the page has no style (%v): its security policy keeps it away", err)
	}
	// The checker is evaluated by the test and not loaded by the page, whose policy allows no script.
	if _, err := chromedp.Run(tab, chromedp.Evaluate[bool](axe+`;true`)); err != nil {
		t.Fatal(err)
	}
	fits(t, tab, desk)
	accessible(t, tab, "at a desk")
	if err := chromedp.Do(tab, coloured("dark"), chromedp.EmulateViewport(phone, 900)); err != nil {
		t.Fatal(err)
	}
	fits(t, tab, phone)
	accessible(t, tab, "on a phone")
	if err := chromedp.Do(tab, chromedp.EmulateViewport(reflow, 900)); err != nil {
		t.Fatal(err)
	}
	fits(t, tab, reflow)
}

func accessible(t *testing.T, tab context.Context, where string) {
	t.Helper()
	findings, err := chromedp.Run(tab, chromedp.Evaluate[string](`axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']})
		.then(r => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var list []finding
	if err := json.Unmarshal([]byte(findings), &list); err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		for _, n := range f.Nodes {
			t.Errorf("%s: %s (%s): %s\n%s", where, f.ID, f.Help, n.HTML, n.Summary)
		}
	}
}
