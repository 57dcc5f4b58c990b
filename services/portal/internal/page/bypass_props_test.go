package page_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/loa-vn/loa/services/portal/internal/page"
)

func bypass(review *page.BypassReview) *page.Bypass {
	return &page.Bypass{
		At: at("01/03/2022", "13:05"), Position: "Phó Giám đốc", Reason: "Bão số 3 vào bờ trong đêm, không chờ được các cấp duyệt.", Review: review,
	}
}

func bypassedProps(t *testing.T, lang page.Lang, review *page.BypassReview) page.ArticleProps {
	p := correctedProps(t, lang)
	p.Bypass, p.Approvals = bypass(review), signed()
	p.Approvals[1].Bypass = true
	return p
}

func upheld() *page.BypassReview {
	return &page.BypassReview{Position: "Chánh Văn phòng", At: at("03/03/2022", "09:00")}
}

func urgentProps(lang page.Lang) page.HomeProps {
	p := homeProps(lang)
	for i, e := range latest()[:3] {
		p.Urgent = append(p.Urgent, page.Urgent{Entry: e, Until: at("02/03/2022", "17:00").AddDate(0, 0, i)})
	}
	return p
}

// Readers are told the fact, the day, the capacity, the reason and what became of it; a word in another language is marked.
func TestWhatIsSaidOfABypass(t *testing.T) {
	for _, c := range []struct {
		lang   page.Lang
		review *page.BypassReview
		want   []string
	}{
		{page.Vi, nil, []string{"Duyệt khẩn ngày 01/03/2022", "Phó Giám đốc duyệt trong trường hợp khẩn cấp, không qua đủ các cấp duyệt thường lệ. Lý do: Bão số 3", "Chưa được hậu kiểm: một người khác sẽ xem lại"}},
		{page.Vi, upheld(), []string{"Hậu kiểm ngày 03/03/2022: Chánh Văn phòng xác nhận lần duyệt khẩn này."}},
		{page.Vi, &page.BypassReview{Objected: true, Position: "Chủ tịch", At: at("03/03/2022", "09:00")}, []string{"Hậu kiểm ngày 03/03/2022: Chủ tịch không đồng ý với lần duyệt khẩn này."}},
		{page.En, upheld(), []string{"Approved in an emergency on 1 March 2022", `Approved by <span lang="vi">Phó Giám đốc</span> without all the usual levels of approval.`, `Reviewed on 3 March 2022: <span lang="vi">Chánh Văn phòng</span> upheld this approval.`}},
	} {
		var article, paper bytes.Buffer
		if err := page.Article(&article, bypassedProps(t, c.lang, c.review)); err != nil {
			t.Fatal(err)
		}
		if err := page.ArticlePrint(&paper, bypassedProps(t, c.lang, c.review), at("04/03/2022", "10:00")); err != nil {
			t.Fatal(err)
		}
		for name, body := range map[string]string{"page": article.String(), "paper": paper.String()} {
			if c.lang == page.Vi {
				body = strings.NewReplacer("<span>", "", "</span>", "").Replace(body)
			}
			body = strings.Join(strings.Fields(body), " ") // as a browser shows it
			for _, want := range c.want {
				if !strings.Contains(body, want) {
					t.Errorf("%s in %s does not say %q", name, c.lang, want)
				}
			}
		}
	}
}
