package journey

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/loa-vn/loa/e2e/system"
)

// reading: what was published is found as readers look for it: by words with and without diacritics, by theme, audience and plan, in
// feeds, in the sitemap and in English.
func (j *Journey) reading() {
	t := j.t
	now := j.Publications[j.Now.GetId()].GetPath()
	for _, question := range []string{"thu+tuc+moi+trong+thang", "thủ+tục+mới+trong+tháng", "noi+nop+ho+so", "thu+tuc&chu-de=thu-tuc-mot-cua"} {
		page := j.System.UntilPage(t, "/tim-kiem?q="+question, func(p system.Page) bool { return leadsTo(p, now) })
		check(t, "words that are marked", len(system.All(system.First(page.Root, "main"), "mark")) > 0, true)
	}
	exactly := j.System.Page(t, "/tim-kiem?q=thu+tuc+moi+trong+thang&dung=1")
	check(t, "found without diacritics where they are asked for", exactly.Status == http.StatusOK && leadsTo(exactly, now), false)
	nothing := j.System.Page(t, "/tim-kiem?q=ky+lan+bay+mau")
	holds(t, "a search that finds nothing", system.Text(system.First(nothing.Root, "main")), "ky lan bay mau")

	for path, heading := range map[string]string{
		"/tin": "", "/chu-de/thu-tuc-mot-cua": "một cửa", "/doi-tuong/doanh-nghiep": "Doanh nghiệp", "/en/doi-tuong/nguoi-dan": "", "/en/tin": "",
	} {
		want := now
		if strings.HasPrefix(path, "/en/") {
			want = "/en" + now
		}
		page := j.System.Page(t, path)
		check(t, "status of "+path, page.Status, http.StatusOK)
		check(t, path+" leads to what was published", leadsTo(page, want), true)
		holds(t, "the heading of "+path, system.Text(system.First(page.Root, "h1")), heading)
	}

	plan := "/ke-hoach/2022/H24/38-kh-ubnd"
	check(t, "the list of plans leads to the plan", leadsTo(j.System.Page(t, "/ke-hoach"), plan), true)
	page := j.System.Page(t, plan)
	check(t, "status of the plan's page", page.Status, http.StatusOK)
	holds(t, "the plan's page", system.Text(system.First(page.Root, "main")), "38/KH-UBND", "Bản tin cải cách hành chính trên đài truyền thanh các phường")
	check(t, "the plan's page leads to its report", leadsTo(page, j.March.GetPath()), true)
	item := j.System.UntilPage(t, plan+"/"+bulletins, func(p system.Page) bool { return strings.Contains(system.Text(p.Root), "Phường Minh Khai") })
	if text := system.Text(system.First(item.Root, "main")); strings.Contains(text, "Hoàng Văn Thụ") {
		t.Fatalf("the page of the item shows what was taken back: %s", text)
	}

	var feed struct {
		Version string
		Items   []struct{ URL, Title string }
	}
	if err := json.Unmarshal(j.System.Page(t, "/feed.json").Body, &feed); err != nil || !strings.HasPrefix(feed.Version, "https://jsonfeed.org/") {
		t.Fatalf("the JSON feed is %v, %v", feed, err)
	}
	var addresses []string
	for _, i := range feed.Items {
		addresses = append(addresses, i.URL)
	}
	holds(t, "the JSON feed", strings.Join(addresses, "\n"), j.System.Portal+now)
	holds(t, "the theme's feed", string(j.System.Page(t, "/chu-de/thu-tuc-mot-cua/feed.atom").Body), now)
	holds(t, "the sitemap", string(j.System.Page(t, "/sitemap.xml").Body), j.System.Portal+now+"<", j.System.Portal+plan+"<", j.System.Portal+j.March.GetPath()+"<")
	holds(t, "robots.txt", string(j.System.Page(t, "/robots.txt").Body), "Sitemap: "+j.System.Portal+"/sitemap.xml")
}
