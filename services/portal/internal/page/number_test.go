package page

import (
	"strings"
	"testing"
)

func TestDocumentNumbersStayOnOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"Kế hoạch số 38/KH-UBND, ngày 23/02/2022":    "Kế hoạch số <span class=\"nowrap\">38/KH-UBND</span>, ngày 23/02/2022",
		"(Quyết định 3818/QĐ-UBND) & Nghị định":      "(Quyết định <span class=\"nowrap\">3818/QĐ-UBND</span>) &amp; Nghị định",
		"42/2022/NĐ-CP và 01/2021/TT-BNV":            "<span class=\"nowrap\">42/2022/NĐ-CP</span> và <span class=\"nowrap\">01/2021/TT-BNV</span>",
		"1/2 tin, bài; 2021-2025; https://a/1/B<b>c": "1/2 tin, bài; 2021-2025; https://a/1/B&lt;b&gt;c",
	} {
		var b strings.Builder
		if err := numbered(text).Render(t.Context(), &b); err != nil || b.String() != want {
			t.Errorf("%q became %q, want %q (%v)", text, b.String(), want, err)
		}
	}
	var b strings.Builder
	const sanitised = `<p>Số 38/KH-UBND: <a href="/tep/a/38/KH-UBND.pdf" title="38/KH-UBND">xem 38/KH-UBND</a> &lt;5.</p><table><tr><td>1</td></tr></table>`
	const want = `<p>Số <span class="nowrap">38/KH-UBND</span>: <a href="/tep/a/38/KH-UBND.pdf" title="38/KH-UBND">xem <span class="nowrap">38/KH-UBND</span></a> &lt;5.</p>` +
		`<section class="scroll" tabindex="0" aria-label="Bảng 1"><table><tr><td>1</td></tr></table></section>`
	if err := body(Frame{}, sanitised).Render(t.Context(), &b); err != nil || b.String() != want {
		t.Errorf("%q, %v", b.String(), err)
	}
}
