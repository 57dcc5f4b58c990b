package markdown_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/loa-vn/loa/services/content/internal/clean"
	"github.com/loa-vn/loa/services/content/internal/markdown"
)

func TestActiveContentIsNamedByItsLine(t *testing.T) {
	for _, c := range []struct {
		name, body string
		line       int
		what       string
	}{
		{"script block", "một\n\n<script>alert(1)</script>", 3, "<script>"},
		{"script across lines", "<script>\nalert(1)\n</script>", 1, "<script>"},
		{"inline tag", "một\nhai <b onclick=x()>ba</b>", 2, "<b onclick=x()>"},
		{"image with handler", "a <img src=x onerror=alert(1)>", 1, "<img src=x onerror=alert(1)>"},
		{"svg", "\n\n<svg onload=alert(1)>", 3, "<svg onload=alert(1)>"},
		{"iframe", "<iframe src=//e.example></iframe>", 1, "<iframe src=//e.example>"},
		{"comment", "a <!-- b --> c", 1, "<!-- b -->"},
		{"processing instruction", "<?php echo 1 ?>", 1, "<?php echo 1 ?>"},
		{"declaration", "<!DOCTYPE html>", 1, "<!DOCTYPE html>"},
		{"cdata", "<![CDATA[x]]>", 1, "<![CDATA[x]]>"},
		{"harmless tag", "một\n\nhai<br>ba", 3, "<br>"},
		{"style", "<style>a{}</style>", 1, "<style>"},
		{"javascript link", "một\n\n[x](javascript:alert(1))", 3, "javascript:"},
		{"javascript in capitals", "[x](JaVaScRiPt:alert(1))", 1, "JaVaScRiPt:"},
		{"javascript by entity", "[x](java&#115;cript:alert(1))", 1, "javascript:"},
		{"javascript by hexadecimal entity", "[x](&#x6A;avascript:alert(1))", 1, "javascript:"},
		{"colon by entity", "[x](javascript&colon;alert(1))", 1, "javascript:"},
		{"tab by entity", "[x](java&Tab;script:alert(1))", 1, "java"},
		{"newline by entity", "[x](java&#10;script:alert(1))", 1, "java"},
		{"angle destination with a space", "[x](< javascript:alert(1)>)", 1, ""},
		{"escaped colon", `[x](javascript\:alert(1))`, 1, "javascript:"},
		{"by reference", "[x][y]\n\n[y]: javascript:alert(1)", 1, "javascript:"},
		{"autolink", "một\n<javascript:alert(1)>", 2, "javascript:"},
		{"autolink of any scheme", "<vbscript:x>", 1, "vbscript:"},
		{"data link", "[x](data:text/html;base64,PHNjcmlwdD4=)", 1, "data:"},
		{"data image", "![x](data:image/svg+xml;base64,AAAA)", 1, "data:"},
		{"javascript image", "- a\n- ![x](javascript:alert(1))", 2, "javascript:"},
		{"file link", "[x](file:///etc/passwd)", 1, "file:"},
		{"in a quotation", "> một\n> hai [x](javascript:a)", 2, "javascript:"},
		{"in a heading", "# Tiêu đề\n\n## Hai <i>ba</i>", 3, "<i>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			page, problems := read(t, c.body)
			if len(problems) == 0 {
				t.Fatalf("nothing was found in %q", c.body)
			}
			if problems[0].Line != c.line || !strings.HasPrefix(problems[0].What, c.what) {
				t.Errorf("found %q in line %d, want %q in line %d", problems[0].What, problems[0].Line, c.what, c.line)
			}
			assertClean(t, page)
		})
	}
}

func TestEveryPlaceIsNamed(t *testing.T) {
	_, problems := read(t, "a <b>x</b>\n\n[y](javascript:z)\n\n<script>\n</script>\n")
	lines := []int{}
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if want := []int{1, 1, 3, 5}; !equal(lines, want) {
		t.Errorf("lines %v, want %v", lines, want)
	}
}

func TestPlainMarkdownIsLeftAlone(t *testing.T) {
	for body, want := range map[string]string{
		"## Kế hoạch\n\nNội dung **đậm**, *nghiêng*.": "<h2>Kế hoạch</h2>\n<p>Nội dung <strong>đậm</strong>, <em>nghiêng</em>.</p>\n",
		"3 < 5 & 7 > 2":                 "<p>3 &lt; 5 &amp; 7 &gt; 2</p>\n",
		"`<script>` là thẻ":             "<p><code>&lt;script&gt;</code> là thẻ</p>\n",
		"    <script>alert(1)</script>": "<pre><code>&lt;script&gt;alert(1)&lt;/script&gt;\n</code></pre>\n",
		`\<b>x\</b>`:                    "<p>&lt;b&gt;x&lt;/b&gt;</p>\n",
		"[cổng](https://haiphong.gov.vn/a?b=1&c=2#d)":     `<p><a href="https://haiphong.gov.vn/a?b=1&amp;c=2#d">cổng</a></p>` + "\n",
		"[tin](/tin/ke-hoach)":                            `<p><a href="/tin/ke-hoach">tin</a></p>` + "\n",
		"[thư](mailto:stttt@haiphong.gov.vn)":             `<p><a href="mailto:stttt@haiphong.gov.vn">thư</a></p>` + "\n",
		"<https://haiphong.gov.vn>":                       `<p><a href="https://haiphong.gov.vn">https://haiphong.gov.vn</a></p>` + "\n",
		"<stttt@haiphong.gov.vn>":                         `<p><a href="mailto:stttt@haiphong.gov.vn">stttt@haiphong.gov.vn</a></p>` + "\n",
		"[giờ](/tin?luc=13:20)":                           `<p><a href="/tin?luc=13:20">giờ</a></p>` + "\n",
		"![biểu đồ](/anh/bieu-do.png \"Biểu đồ\")":        `<p><img src="/anh/bieu-do.png" alt="biểu đồ" title="Biểu đồ"></p>` + "\n",
		"3. ba\n4. bốn":                                   "<ol start=\"3\">\n<li>ba</li>\n<li>bốn</li>\n</ol>\n",
		"> trích\n\n---":                                  "<blockquote>\n<p>trích</p>\n</blockquote>\n<hr>\n",
		"Chỉ thị: javascript: không phải liên kết ở đây.": "<p>Chỉ thị: javascript: không phải liên kết ở đây.</p>\n",
		"một [nhãn: x] hai":                               "<p>một [nhãn: x] hai</p>\n",
		"":                                                "",
		"dòng một\\\ndòng hai":                            "<p>dòng một<br>\ndòng hai</p>\n",
	} {
		got, problems := read(t, body)
		if len(problems) > 0 {
			t.Errorf("%q: found %v", body, problems)
		}
		if got != want {
			t.Errorf("%q\n got %q\nwant %q", body, got, want)
		}
	}
}

// FuzzRead asserts for any text that the page it makes runs nothing once it has passed the schema.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"[x](javascript:alert(1))", "<script>alert(1)</script>", "`<img onerror=x>`", "a\n\n> [b][c]\n\n[c]: data:x", "![x](j\u0000avascript:y)",
		"<javascript:x>", "[a](<b\nc>)", "- <svg/onload=x>", "[x](java&#x09;script:y)", "<a href='&#106;avascript:x'>y</a>", "# a <!--b", "[x](&#0;javascript:y)",
		"[x](https://a.example/\"onmouseover=\"y)", "![\"onerror=\"](x)", "[a](b 'c\"onclick=\"d')",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if markdown.TooIntricate(body) {
			return
		}
		page, _ := read(t, body)
		assertClean(t, page)
	})
}

// read is what becomes of a body: its problems, and the page as readers get it.
func read(t *testing.T, body string) (page string, problems []markdown.Problem) {
	t.Helper()
	page, problems, err := markdown.Read(body)
	if err == nil {
		page, err = clean.HTML(page)
	}
	if err != nil {
		t.Fatal(err)
	}
	return page, problems
}

// assertClean reads the HTML as a browser would and looks at every tag and attribute.
func assertClean(t *testing.T, page string) {
	t.Helper()
	allowed := map[string]string{
		"p": "", "br": "", "hr": "", "h1": "", "h2": "", "h3": "", "h4": "", "h5": "", "h6": "", "blockquote": "", "pre": "", "code": "",
		"em": "", "strong": "", "ul": "", "li": "", "ol": " start ", "a": " href title ", "img": " src alt title ",
	}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.TextToken, html.EndTagToken:
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("%q holds a comment or declaration", page)
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			attributes, known := allowed[token.Data]
			if !known {
				t.Errorf("%q holds <%s>", page, token.Data)
			}
			for _, a := range token.Attr {
				if !strings.Contains(attributes, " "+a.Key+" ") {
					t.Errorf("%q holds the attribute %s of <%s>", page, a.Key, token.Data)
				}
				if a.Key == "href" || a.Key == "src" {
					assertDestination(t, page, a.Val)
				}
			}
		}
	}
}

func assertDestination(t *testing.T, page, destination string) {
	t.Helper()
	plain := strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, destination))
	scheme, _, found := strings.Cut(plain, ":")
	if !found || strings.ContainsAny(scheme, "/?#") {
		return
	}
	if scheme != "http" && scheme != "https" && scheme != "mailto" {
		t.Errorf("%q leads to %q", page, destination)
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
