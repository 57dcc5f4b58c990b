package outline_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loa-vn/loa/services/content/internal/clean"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/markdown"
	"github.com/loa-vn/loa/services/content/internal/outline"
)

func files() []item.File {
	return []item.File{
		{SHA256: strings.Repeat("a", 64), Name: "biểu đồ (1).png", MediaType: "image/png", Alternative: `Tỷ lệ <"tăng">`},
		{SHA256: strings.Repeat("b", 64), Name: "ke-hoach.pdf", MediaType: "application/pdf"},
	}
}

func shown(marks []outline.Mark) string {
	var out []string
	for _, m := range marks {
		out = append(out, fmt.Sprintf("%d:%d %d %q %s", m.Line, m.Kind, m.Level, m.Text, m.Destination))
	}
	return strings.Join(out, "\n")
}

// Both ways of writing give the same headings, links and pictures.
func TestBothFormatsHaveTheSameOutline(t *testing.T) {
	const want = `1:0 2 "Mục đích" ` + `
3:1 0 "cổng thông tin" https://haiphong.gov.vn/a_b
3:1 0 "" /tin/x
4:2 0 "ảnh" k%E1%BA%BF.png
6:0 3 "Đậm ảnh nhỏ" ` + `
6:2 0 "ảnh" a.png
8:1 0 "chữ trong ảnh" b.pdf
8:2 0 "chữ trong ảnh" c.png`
	md := "## Mục *đích*\n\n[cổng\nthông tin](https://haiphong.gov.vn/a_b) [](/tin/x)\n![ảnh](kế.png)\n\n### **Đậm** ![ảnh](a.png) nhỏ\n\n[![chữ trong ảnh](c.png)](b.pdf)"
	page := "<h2>Mục <em>đích</em></h2>\n\n<p><a href=\"https://haiphong.gov.vn/a_b\">cổng thông tin</a> <a href=\"/tin/x\"></a>\n<img src=\"k%E1%BA%BF.png\" alt=\"ảnh\"></p>\n\n<h3><strong>Đậm</strong> <img src=\"a.png\" alt=\"ảnh\"> nhỏ</h3>\n\n<p><a href=\"b.pdf\"><img src=\"c.png\" alt=\"chữ trong ảnh\"></a></p>"
	md = strings.Replace(md, "[cổng\nthông tin]", "[cổng thông tin]", 1)
	if got := shown(outline.Of(md, "")); got != want {
		t.Errorf("Markdown:\n%s\nwant\n%s", got, want)
	}
	if got := shown(outline.Of(page, item.HTML)); got != want {
		t.Errorf("HTML:\n%s\nwant\n%s", got, want)
	}
}

func TestNamesOfFilesAreResolved(t *testing.T) {
	a, b := "/tep/"+strings.Repeat("a", 64)+"/bi%E1%BB%83u%20%C4%91%E1%BB%93%20%281%29.png", "/tep/"+strings.Repeat("b", 64)+"/ke-hoach.pdf"
	for page, want := range map[string]string{
		`<p><img src="bi%E1%BB%83u%20%C4%91%E1%BB%93%20%281%29.png" alt="B"></p>`: `<p><img src="` + a + `" alt="B"></p>`,
		`<img src="bi%E1%BB%83u%20%C4%91%E1%BB%93%20(1).png" alt="">`:             `<img src="` + a + `" alt="Tỷ lệ &lt;&#34;tăng&#34;&gt;">`,
		`<a href="ke-hoach.pdf" title="T">x</a>`:                                  `<a href="` + b + `" title="T">x</a>`,
		`<img src="ke-hoach.pdf" alt="không là ảnh">`:                             `không là ảnh`,
		`<img src="https://e.example/x.png" alt="&lt;b&gt;">`:                     `&lt;b&gt;`,
		`<img src="khac.png" alt=""><a href="khac.pdf">x</a>`:                     `<a href="khac.pdf">x</a>`,
		`<a href="/tin/x">x</a><a href="#a">y</a><a href="../ke-hoach.pdf">z</a>`: `<a href="/tin/x">x</a><a href="#a">y</a><a href="../ke-hoach.pdf">z</a>`,
	} {
		if got := outline.Resolve(page, files()); got != want {
			t.Errorf("%s\n got %s\nwant %s", page, got, want)
		}
	}
}

// FuzzResolve asserts for any source that what readers get is inside the schema, pictures are the item's own, and reading the outline of
// anything ends.
func FuzzResolve(f *testing.F) {
	for _, seed := range []string{
		"![a](ke-hoach.pdf)", "<img src=biểu%20đồ%20(1).png>", "[x](<biểu đồ (1).png>)", "# a\n![](https://x/y.png)", "<a href=a><img src=b alt='<i>'></a>", "<h2><a href=x>",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, source string, isHTML bool) {
		if clean.TooIntricate(source) || markdown.TooIntricate(source) {
			return
		}
		if !isHTML {
			rendered, _, err := markdown.Read(source)
			if err != nil {
				t.Fatal(err)
			}
			outline.Check("body", outline.Of(source, item.Markdown), outline.Site{Files: files()})
			source = rendered
		}
		page, err := clean.HTML(source)
		if err != nil {
			return
		}
		outline.Check("body", outline.Of(page, item.HTML), outline.Site{Files: files()})
		page = outline.Resolve(page, files())
		again, err := clean.HTML(page)
		if err != nil || again != page {
			t.Errorf("%q\nbecame %q\ncleaned %q, %v", source, page, again, err)
		}
		for _, m := range outline.Of(page, item.HTML) {
			if m.Kind == outline.Image && !strings.HasPrefix(m.Destination, "/tep/"+strings.Repeat("a", 64)+"/") {
				t.Errorf("%q shows %s", page, m.Destination)
			}
		}
	})
}
