package clean_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/loa-vn/loa/services/content/internal/clean"
)

func cleaned(t *testing.T, source string) string {
	t.Helper()
	out, err := clean.HTML(source)
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	return out
}

func TestFormattingIsTakenAwayAndTextStays(t *testing.T) {
	for source, want := range map[string]string{
		"": "", "Chữ trần": "Chữ trần",
		"<p>Kế hoạch <b>đậm</b> và <i>nghiêng</i></p>":                                                                        "<p>Kế hoạch <strong>đậm</strong> và <em>nghiêng</em></p>",
		`<p class="MsoNormal" style="margin:0" align=center><span lang=VI style='font-size:14.0pt'>Một<o:p></o:p></span></p>`: "<p>Một</p>",
		"<h2>Mục</h2><ul><li>a<li>b</ul>":                                                                                     "<h2>Mục</h2><ul><li>a</li><li>b</li></ul>",
		"<div>một</div><div>hai</div>":                                                                                        "<p>một</p>\n<p>hai</p>",
		"<div>một<p>hai</p>ba</div>":                                                                                          "<p>một</p>\n<p>hai</p><p>ba</p>",
		"<section><h2>Mục</h2><div>một</div></section>":                                                                       "<h2>Mục</h2><p>một</p>",
		`<ol start="3" type="a"><li value=7>ba</ol>`:                                                                          `<ol start="3"><li>ba</li></ol>`,
		`<a href=" https://haiphong.gov.vn/a?b=1&c=2 " target=_blank rel=x>cổng</a>`:                                          `<a href="https://haiphong.gov.vn/a?b=1&amp;c=2">cổng</a>`,
		`<a href="/tin/ke-hoach">tin</a> <a href="mailto:a@b.vn">thư</a> <a href="kế hoạch.pdf">tệp</a>`:                      `<a href="/tin/ke-hoach">tin</a> <a href="mailto:a@b.vn">thư</a> <a href="k%E1%BA%BF%20ho%E1%BA%A1ch.pdf">tệp</a>`,
		`<a>nơi không có</a>`:                                                                                                 "nơi không có",
		`<img src="bieu-do.png" alt="Biểu đồ" width=900>`:                                                                     `<img src="bieu-do.png" alt="Biểu đồ">`,
		`<img src="bieu-do.png">`:                                                                                             `<img src="bieu-do.png" alt="">`,
		"<table border=1><caption>Bảng</caption><tr><th scope=COL>A<td colspan=2 rowspan=1>B</table>":                         `<table><caption>Bảng</caption><tbody><tr><th scope="col">A</th><td colspan="2">B</td></tr></tbody></table>`,
		"<!-- ẩn --><p>hiện</p><!--[if mso]><p>word</p><![endif]-->":                                                          "<p>hiện</p>",
		"<style>p{color:red}</style><p>a</p>":                                                                                 "<p>a</p>",
		"<html><head><title>x</title><meta charset=utf-8></head><body><p>a</p></body></html>":                                 "<p>a</p>",
		"<font color=red>đỏ</font><u>gạch</u><center>giữa</center>":                                                           "<p>đỏgạch</p>\n<p>giữa</p>",
		"<p>3 < 5 &amp; 7 > 2 &lt;script&gt;</p>":                                                                             "<p>3 &lt; 5 &amp; 7 &gt; 2 &lt;script&gt;</p>",
		"<pre>\n\n một\n  hai</pre>":                                                                                          "<pre>\n\n một\n  hai</pre>",
		"<h2><p>Mục</p></h2><strong><p>đậm</p></strong>":                                                                      "<h2>Mục</h2><p>đậm</p>",
		"<ul>chữ<li>a</li><p>b</p></ul><li>lẻ</li>":                                                                           "<ul><li>chữ</li><li>a</li><li><p>b</p></li></ul><p>lẻ</p>",
		"<dl><dt>a<dd>b</dl>":                                                                                                 "<dl><dt>a</dt><dd>b</dd></dl>",
		"<p>a<br>b<hr>":                                                                                                       "<p>a<br>b</p><hr>",
		"<figure><img src=a.png alt=A><figcaption>Hình</figcaption></figure>":                                                 `<figure><img src="a.png" alt="A"><figcaption>Hình</figcaption></figure>`,
	} {
		if problems := clean.Check(source); len(problems) > 0 {
			t.Errorf("%q: found %v", source, problems)
		}
		if got := strings.TrimSpace(cleaned(t, source)); got != want {
			t.Errorf("%q\n got %q\nwant %q", source, got, want)
		}
	}
}

// corpus is what is tried against pages that show what others wrote, after the collections of OWASP, html5sec and mutation XSS.
func corpus() []string {
	return []string{
		`<script>alert(1)</script>`, `<SCRIPT SRC=//e.example/x.js></SCRIPT>`, `<scr<script>ipt>alert(1)</scr</script>ipt>`, "<script\x00>alert(1)</script>",
		`<script/src=data:,alert(1)>`, `<<script>alert(1)//<</script>`, `<script>a=/x/;alert(1)`, `"><script>alert(1)</script>`,
		`<img src=x onerror=alert(1)>`, `<img/src=x/onerror=alert(1)>`, "<img src=x\nonerror\n=\nalert(1)>", `<img src="x" oNeRrOr="alert(1)">`, `<img """><script>alert(1)</script>">`,
		`<img src=javascript:alert(1)>`, `<img src="jav&#x09;ascript:alert(1)">`, "<img src=\"jav\tascript:alert(1)\">", `<img src="&#14; javascript:alert(1)">`, `<img dynsrc="javascript:x">`, `<img lowsrc="javascript:x">`,
		`<a href="javascript:alert(1)">x</a>`, `<a href="JaVaScRiPt:alert(1)">x</a>`, `<a href="java&#115;cript:alert(1)">x</a>`, `<a href="javascript&colon;alert(1)">x</a>`, "<a href=\"java\nscript:alert(1)\">x</a>",
		"<a href=\"\x01javascript:alert(1)\">x</a>", `<a href=" &#1; javascript:alert(1)">x</a>`, `<a href="vbscript:msgbox(1)">x</a>`, `<a href="data:text/html,<script>alert(1)</script>">x</a>`, `<a href="file:///etc/passwd">x</a>`,
		`<a href="//e.example" onclick=alert(1)>x</a>`, `<a href="https:javascript:alert(1)">x</a>`, `<a href="blob:https://x/1">x</a>`, `<a href=&#x6A;avascript:x>x</a>`, `<a ping=//e.example href=/>x</a>`,
		`<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`, `<svg><animate onbegin=alert(1) attributeName=x>`, `<svg><use href="data:image/svg+xml,x#y"/></svg>`, `<svg><a xlink:href="javascript:x"><text>y</text></a></svg>`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`, `<math href="javascript:x">y</math>`, `<math><mi//xlink:href="data:x,<script>alert(4)</script>">`,
		`<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`, `<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<title><img title="</title><img src=x onerror=alert(1)>">`, `<xmp><p title="</xmp><img src=x onerror=alert(1)>">`, `<textarea><p title="</textarea><img src=x onerror=alert(1)>">`,
		`<iframe src=javascript:alert(1)>`, `<iframe srcdoc="<script>alert(1)</script>">`, `<object data=javascript:x>`, `<embed src=//e.example/x.swf>`, `<applet code=x>`, `<base href=//e.example/>`, `<frameset onload=x>`,
		`<meta http-equiv=refresh content="0;url=javascript:x">`, `<link rel=stylesheet href=javascript:x>`, `<style>@import "//e.example/x.css";</style>`, `<style>*{background:url(javascript:x)}</style>`, `<p style="background:url(javascript:x)">y</p>`,
		`<p style="position:fixed;top:0;left:0;width:100%;height:100%">che</p>`, `<p style=width:expression(alert(1))>y</p>`, `<div style="-moz-binding:url(//e.example/x)">y</div>`,
		`<form action=javascript:x><input type=submit></form>`, `<button formaction=javascript:x>y</button>`, `<input autofocus onfocus=alert(1)>`, `<select onfocus=x autofocus>`, `<textarea onfocus=x autofocus>`, `<keygen autofocus onfocus=x>`, `<isindex action=javascript:x>`,
		`<video><source onerror=alert(1)>`, `<audio src=x onerror=x>`, `<video poster=javascript:x>`, `<details open ontoggle=alert(1)>`, `<marquee onstart=alert(1)>`, `<body onload=alert(1)>`, `<table background=javascript:x><tr><td>y</table>`,
		`<div id=__proto__ name=cookie class="admin">y</div>`, `<a id=location name=attributes href=/>y</a>`, `<img name=getElementById src=x>`, `<p contenteditable onbeforeinput=x>y`, `<p tabindex=1 onfocus=x>y`, `<x onclick=alert(1)>y</x>`, `<x-y is=z>w</x-y>`,
		`<template><script>alert(1)</script></template>`, `<slot name=x></slot>`, `<portal src=//e.example>`, `<dialog open>y</dialog>`, `<picture><source srcset=x onerror=y></picture>`, `<map name=m><area href=javascript:x></map>`,
		`<!--><img src=x onerror=alert(1)>-->`, `<!--!><img src=x onerror=x>-->`, `<!-- --!><img src=x onerror=x>`, `<![CDATA[><img src=x onerror=x>]]>`, `<?xml version="1.0"?><script>x</script>`, `<!DOCTYPE x [<!ENTITY y "z">]>`, `<!ELEMENT br EMPTY>`,
		`<p/onclick=alert(1)>x`, `<p title='"><img src=x onerror=x>'>y`, "<p title=`x`onclick=y>z", `<a href="x"onclick="y">z</a>`, `<a/href='x'/onclick=y>z</a>`, `<img src=x:alert(alt) onerror=eval(src) alt=0>`,
		`<table><a href=/ onclick=x>y<tr><td>z</table>`, `<b><p></b><i>x</p></i>`, `<a href=/><a href=/b><a href=/c>x`, `<p><table><p><td></p>x`, `</p></div></body></html><script>x</script>`, `<plaintext><p>x`, `<listing>&lt;img onerror=x&gt;</listing>`,
		"<p>\u2028\u2029\ufeff\u202ejavascript:</p>", "<a href=\"\u2028javascript:x\">y</a>", "<a href=\"java\u00adscript:x\">y</a>", "＜script＞alert(1)＜/script＞", `&lt;script&gt;alert(1)&lt;/script&gt;`, `&#60;script&#62;`, "<scr\u0131pt>x</scr\u0131pt>",
	}
}

// What runs is named before, whatever is left runs nothing, and what is clean stays so.
func TestNothingOfTheCorpusRuns(t *testing.T) {
	harmless := 0
	for _, attack := range corpus() {
		for _, source := range []string{attack, "<p>trước</p>\n" + attack + "\n<p>sau</p>", "<table><tr><td>" + attack, "<ul><li>" + attack, `<a href="/x">` + attack, "<pre>" + attack} {
			page := cleaned(t, source)
			inSchema(t, page)
			if again := cleaned(t, page); again != page {
				t.Errorf("%q\nbecame %q\nand that %q", source, page, again)
			}
			if problems := clean.Check(page); len(problems) > 0 {
				t.Errorf("%q became %q, where %v is found", source, page, problems)
			}
		}
		if len(clean.Check(attack)) == 0 {
			harmless++
		}
	}
	if all := len(corpus()); harmless > all/3 {
		t.Errorf("nothing was found in %d of %d", harmless, all)
	}
}

func TestActiveContentIsNamedByItsLine(t *testing.T) {
	for source, want := range map[string]clean.Problem{
		"<p>một</p>\n\n<script>x</script>":                         {Line: 3, What: "<script>"},
		"<p>a\n<img\nsrc=x\nonerror=y>":                            {Line: 2, What: "<img src=x onerror=y>"},
		"<a href='java\tscript:x'>y</a>":                           {Line: 1, What: "javascript:"},
		"\n<a href=data:x>y</a>":                                   {Line: 2, What: "data:"},
		"<p>\n<svg viewBox='0 0 1 1'><g/></svg></p>":               {Line: 2, What: "<svg viewBox='0 0 1 1'>"},
		"<iframe src='https://www.youtube.com/embed/abcdefghijk'>": {Line: 1, What: "<iframe src='https://www.youtube.com/emb…"},
		"a\n<meta http-equiv=Refresh content=0>":                   {Line: 2, What: "<meta http-equiv=Refresh content=0>"},
	} {
		problems := clean.Check(source)
		if len(problems) == 0 || problems[0] != want {
			t.Errorf("%q: found %v, want %v", source, problems, want)
		}
	}
}

func TestTheWorstThatIsLetThroughIsReadInAMoment(t *testing.T) {
	begun := time.Now()
	for _, piece := range []string{"<b>", "<a href=x>", "<p><b>", "<table><tr><td>", "<ul><li>", "<div>", "<b><i><u>", "</p>", "<font size=1>", "<blockquote>", "<table>", "x<br>"} {
		source := strings.Repeat(piece, min(clean.MaxTags/strings.Count(piece, "<"), 200_000/len(piece)))
		if clean.TooIntricate(source) {
			t.Errorf("%q is within the limits", piece)
		}
		if page, err := clean.HTML(source); err == nil {
			inSchema(t, page)
		}
	}
	if spent := time.Since(begun); spent > 20*time.Second {
		t.Errorf("it took %v", spent)
	}
	if !clean.TooIntricate(strings.Repeat("<b>", clean.MaxTags+1)) {
		t.Error("more than the limit is read")
	}
}

// FuzzHTML asserts for any source: what comes of it is inside the schema when it is parsed again, names nothing that runs, and stays as
// it is when it is cleaned again.
func FuzzHTML(f *testing.F) {
	for _, attack := range corpus() {
		f.Add(attack)
	}
	f.Add("<ul>x<li>y<ol start=3><li><p>z</ul><dl><dd>w<table><caption>c<tr><th scope=row>h<td colspan=2><div>d")
	f.Fuzz(func(t *testing.T, source string) {
		if clean.TooIntricate(source) {
			return
		}
		clean.Check(source)
		page, err := clean.HTML(source)
		if err != nil {
			return // read differently each time, and refused
		}
		inSchema(t, page)
		if problems := clean.Check(page); len(problems) > 0 {
			t.Errorf("%q became %q, where %v is found", source, page, problems)
		}
		if again := cleaned(t, page); again != page {
			t.Errorf("%q\nbecame %q\nand that %q", source, page, again)
		}
	})
}

// inSchema reads HTML as a browser would and looks at every node, against a list of its own.
func inSchema(t *testing.T, page string) {
	t.Helper()
	allowed := map[string][]string{
		"p": nil, "h1": nil, "h2": nil, "h3": nil, "h4": nil, "h5": nil, "h6": nil, "blockquote": nil, "pre": nil, "hr": nil, "ul": nil, "ol": {"start"}, "li": nil,
		"dl": nil, "dt": nil, "dd": nil, "figure": nil, "figcaption": nil, "table": nil, "caption": nil, "thead": nil, "tbody": nil, "tfoot": nil, "tr": nil,
		"th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"}, "a": {"href", "title"}, "img": {"src", "alt", "title"}, "br": nil, "em": nil,
		"strong": nil, "code": nil, "sub": nil, "sup": nil, "abbr": {"title"},
	}
	nodes, err := html.ParseFragment(strings.NewReader(page), &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div})
	if err != nil {
		t.Fatal(err)
	}
	var look func(n *html.Node)
	look = func(n *html.Node) {
		switch n.Type {
		case html.TextNode:
		case html.ElementNode:
			attributes, known := allowed[n.Data]
			if !known || n.Namespace != "" {
				t.Errorf("%q holds <%s %s>", page, n.Namespace, n.Data)
			}
			for _, a := range n.Attr {
				if !slices.Contains(attributes, a.Key) || a.Namespace != "" {
					t.Errorf("%q holds the attribute %s of <%s>", page, a.Key, n.Data)
				}
				if a.Key == "href" || a.Key == "src" {
					leadsSomewhere(t, page, a.Val)
				}
			}
		default:
			t.Errorf("%q holds a node of type %d", page, n.Type)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			look(c)
		}
	}
	for _, n := range nodes {
		look(n)
	}
}

func leadsSomewhere(t *testing.T, page, destination string) {
	t.Helper()
	plain := strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, destination))
	if len(plain) != len(destination) && plain != strings.ToLower(destination) {
		t.Errorf("%q leads to %q, which holds spaces or controls", page, destination)
	}
	scheme, _, found := strings.Cut(plain, ":")
	if found && !strings.ContainsAny(scheme, "/?#\\") && scheme != "http" && scheme != "https" && scheme != "mailto" {
		t.Errorf("%q leads to %q", page, destination)
	}
}
