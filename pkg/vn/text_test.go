package vn_test

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/vn"
)

const articleTitle = "Kế hoạch cải cách hành chính nhà nước thành phố Hải Phòng năm 2022"

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Một cửa liên thông", "mot cua lien thong"},
		{"ĐÀO TẠO, tập huấn", "dao tao, tap huan"},
		{"hòa", "hoa"},
		{"hoà", "hoa"},
		{"ỦY BAN", "uy ban"},
		{"UỶ BAN", "uy ban"},
		{norm.NFD.String("Thủ tục hành chính ở quận Hồng Bàng"), "thu tuc hanh chinh o quan hong bang"},
		{"Hải\u00a0Phòng", "hai phong"},
		{"38/KH-UBND", "38/kh-ubnd"},
	} {
		if got := vn.Fold(c.in); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFoldIgnoresUnicodeForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if vn.Fold(norm.NFC.String(s)) != vn.Fold(norm.NFD.String(s)) {
			t.Fatalf("forms of %q fold apart", s)
		}
	})
}

func TestSlug(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{articleTitle, "ke-hoach-cai-cach-hanh-chinh-nha-nuoc-thanh-pho-hai-phong-nam-2022"},
		{norm.NFD.String(articleTitle), "ke-hoach-cai-cach-hanh-chinh-nha-nuoc-thanh-pho-hai-phong-nam-2022"},
		{"Kế hoạch số 38/KH-UBND", "ke-hoach-so-38-kh-ubnd"},
		{"  Đường dây nóng: 1022 – “hỏi đáp”  ", "duong-day-nong-1022-hoi-dap"},
		{
			"Hải Phòng công bố Chỉ số cải cách hành chính năm 2021 của các sở, ngành, quận, huyện",
			"hai-phong-cong-bo-chi-so-cai-cach-hanh-chinh-nam-2021-cua-cac-so-nganh-quan",
		},
		{"…", ""},
		{strings.Repeat("a", 90), strings.Repeat("a", 80)},
	} {
		if got := vn.Slug(c.in); got != c.want {
			t.Errorf("Slug(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestSlugIsAddressSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("aĂâđƠưỳ ế-—/09.\u0301\u0323"))).Draw(t, "s")
		slug := vn.Slug(s)
		if len(slug) > vn.SlugLimit {
			t.Fatalf("%d bytes", len(slug))
		}
		if strings.HasPrefix(slug, "-") || strings.HasSuffix(slug, "-") || strings.Contains(slug, "--") {
			t.Fatalf("hyphens in %q", slug)
		}
		for _, r := range slug {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				t.Fatalf("%q in %q", r, slug)
			}
		}
		if vn.Slug(slug) != slug {
			t.Fatalf("not stable: %q", slug)
		}
	})
}

func TestGlue(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{articleTitle, "Kế_hoạch cải_cách hành_chính nhà_nước thành_phố Hải_Phòng năm_2022"},
		{norm.NFD.String("Ủy ban nhân dân thành phố"), "Ủy_ban nhân_dân thành_phố"},
		{"Kết quả, báo cáo tháng 3", "Kết_quả, báo_cáo tháng_3"},
		{"Kế hoạch số 38/KH-UBND", "Kế_hoạch số_38/KH-UBND"},
		{"Việc của thành, phố phường", "Việc của thành, phố phường"},
		{"", ""},
	} {
		if got := vn.Glue(c.in); got != strings.ReplaceAll(c.want, "_", "\u00a0") {
			t.Errorf("Glue(%q) = %q", c.in, got)
		}
	}
}

func TestGlueChangesOnlySpaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.SampledFrom(strings.Fields("thành phố Hải Phòng năm 2022 hành chính một cửa, báo cáo số 38/KH"))).Draw(t, "words")
		s := strings.Join(words, " ")
		if strings.ReplaceAll(vn.Glue(s), "\u00a0", " ") != s {
			t.Fatalf("%q became %q", s, vn.Glue(s))
		}
	})
}

func TestSort(t *testing.T) {
	names := []string{"Sở Y tế", "Đào tạo", "Ẩm thực", "Dân", "Áo", "Ăn", "An", "Ân", "Ơn", "On", "Ông", "quận 10", "quận 2", norm.NFD.String("Đảng")}
	vn.Sort(names, func(s string) string { return s })
	want := []string{"An", "Áo", "Ăn", "Ẩm thực", "Ân", "Dân", norm.NFD.String("Đảng"), "Đào tạo", "On", "Ông", "Ơn", "quận 2", "quận 10", "Sở Y tế"}
	for i := range want {
		if names[i] != want[i] {
			t.Fatalf("got %q\nwant %q", names, want)
		}
	}
}

func TestSortKeyAgreesWithSort(t *testing.T) {
	word := rapid.StringMatching(`[aăâbdđeêoôơuưáàảãạấ ]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		pair := []string{word.Draw(t, "a"), word.Draw(t, "b")}
		a, b := string(vn.SortKey(pair[0])), string(vn.SortKey(pair[1]))
		vn.Sort(pair, func(s string) string { return s })
		if first := string(vn.SortKey(pair[0])); first > a && first > b {
			t.Fatalf("Sort puts %q first, its key is the greater", pair[0])
		}
	})
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		in     float64
		vi, en string
	}{
		{0, "0", "0"},
		{5, "5", "5"},
		{1234.5, "1.234,5", "1,234.5"},
		{48310, "48.310", "48,310"},
		{1234567.891, "1.234.567,89", "1,234,567.89"},
		{999.999, "1.000", "1,000"},
		{-1204, "-1.204", "-1,204"},
		{-0.001, "0", "0"},
		{0.05, "0,05", "0.05"},
	} {
		if vi, en := vn.Number(c.in, vn.Vi), vn.Number(c.in, vn.En); vi != c.vi || en != c.en {
			t.Errorf("Number(%v) = %q, %q; want %q, %q", c.in, vi, en, c.vi, c.en)
		}
	}
}
