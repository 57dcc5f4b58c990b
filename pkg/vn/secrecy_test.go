package vn_test

import (
	"os"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/loa-vn/loa/pkg/vn"
)

func TestSecrecyMark(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"MẬT", "mật"},
		{"Kế hoạch diễn tập\n\nMật\n\nNội dung", "mật"},
		{"TỐI MẬT\nỦY BAN NHÂN DÂN", "tối mật"},
		{"**TUYỆT MẬT**", "tuyệt mật"},
		{"Độ mật: Tối mật", "tối mật"},
		{"**Độ mật:** Mật", "mật"},
		{"Dấu độ mật: A", "tuyệt mật"},
		{"Số: 12/BC-CAHP    MẬT", "mật"},
		{"| Số: 12 | MẬT |", "mật"},
		{"Kế hoạch bảo vệ (MẬT)", "mật"},
		{"Tài liệu này thuộc độ MẬT, không phổ biến.", "mật"},
		{"TÀI LIỆU MẬT", "mật"},
		{"Văn bản TUYỆT MẬT của thành phố", "tuyệt mật"},
		{"M Ậ T", "mật"},
		{"MẬ\u200bT", "mật"},
		{"<p>MẬT</p><p>Số 5</p>", "mật"},
		{"TỐI\u00a0MẬT", "tối mật"},
	} {
		for form, text := range map[string]string{"NFC": norm.NFC.String(c.text), "NFD": norm.NFD.String(c.text)} {
			if mark, found := vn.SecrecyMark(text); !found || mark != c.want {
				t.Errorf("%s %q: %q, %v; want %q", form, c.text, mark, found, c.want)
			}
		}
	}
}

func TestNoSecrecyMark(t *testing.T) {
	for _, text := range []string{
		"",
		"Bảo mật thông tin cá nhân của người dân",
		"TẬP HUẤN BẢO MẬT THÔNG TIN",
		"Đổi mật khẩu định kỳ; MẬT KHẨU dài ít nhất 12 ký tự",
		"Luật Bảo vệ bí mật nhà nước quy định ba độ mật: tuyệt mật, tối mật và mật.",
		"LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC",
		"MẬT ĐỘ DÂN SỐ QUẬN HỒNG BÀNG",
		"Mật ong Cát Bà vào vụ",
		"Bảo <b>mật</b> dữ liệu",
		"Độ mật: Không",
		"Quan hệ mật thiết giữa các sở, ngành",
		"Cơ yếu dùng MẬT MÃ dân sự",
	} {
		for form, text := range map[string]string{"NFC": norm.NFC.String(text), "NFD": norm.NFD.String(text)} {
			if mark, found := vn.SecrecyMark(text); found {
				t.Errorf("%s %q taken for a document marked %q", form, text, mark)
			}
		}
	}
}

func TestTheRealArticleCarriesNoMark(t *testing.T) {
	text, err := os.ReadFile("testdata/article-2022-03-01.txt")
	if err != nil {
		t.Fatal(err)
	}
	if mark, found := vn.SecrecyMark(string(text)); found {
		t.Fatalf("taken for a document marked %q", mark)
	}
}
