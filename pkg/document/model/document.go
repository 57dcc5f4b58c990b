// Package model is what an official document says: its head, its text, its tables and annexes, who signs it. It holds no sizes,
// typefaces or positions; the renderers (pdf, docx) give it the form of Decree 30/2020/NĐ-CP.
package model

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/loa-vn/loa/pkg/vn"
)

// Kind is a type of document by its abbreviation in Decree 30/2020/NĐ-CP, Appendix III.
type Kind string

// The kinds that Loa makes. A correction (đính chính) of form is a Notice or a Letter that says so in its subject.
const (
	Plan   Kind = "KH"
	Report Kind = "BC"
	Notice Kind = "TB"
	Letter Kind = "CV" // has no type's name: its subject stands under the number as "V/v …"
)

// Name is the type's name as it stands above the subject; empty for a letter.
func (k Kind) Name() string {
	switch k {
	case Plan:
		return "KẾ HOẠCH"
	case Report:
		return "BÁO CÁO"
	case Notice:
		return "THÔNG BÁO"
	case Letter:
	}
	return ""
}

// Document is one official document.
type Document struct {
	Kind     Kind
	Language string // BCP 47; empty is vi-VN
	// Parent is the agency above, empty for a People's Committee. Agency is the issuer, in the lines it is written in:
	// {"ỦY BAN NHÂN DÂN", "THÀNH PHỐ HẢI PHÒNG"}. Both in capitals.
	Parent string
	Agency []string
	// Number is number and symbol, "38/KH-UBND"; a draft has none yet and writes "/KH-UBND".
	Number  string
	Place   string    // "Hải Phòng"
	Date    time.Time // a day in Vietnam; the zero time leaves it open, for a draft
	Subject string    // trích yếu; of a letter what follows "V/v"
	// Emergency is set when the document was issued past its approval levels: the sentence that says so, in a box under the
	// number and at the foot of every page.
	Emergency    string
	To           []string // Kính gửi
	Body         []Block
	Annexes      []Annex
	Recipients   []string // Nơi nhận
	Signature    Signature
	Authenticity Authenticity
	Marks        []Mark // at the foot of every page
}

// Bypassed is the Emergency of what was approved past its route.
const Bypassed = "Ban hành khẩn, chưa qua đủ các cấp phê duyệt; xem xét lại sau."

// Mark says of a whole document what its reader must not overlook.
type Mark string

// The marks.
const (
	ExampleData Mark = "VĂN BẢN MẪU – DỮ LIỆU MINH HỌA"
	HistoryData Mark = "DỮ LIỆU LỊCH SỬ – NHẬP TỪ HỒ SƠ TRƯỚC KHI DÙNG LOA"
	Draft       Mark = "DỰ THẢO"
)

// Capacity is in what standing somebody signs (Decree 30/2020/NĐ-CP, article 13).
type Capacity string

// The capacities.
const (
	Collective Capacity = "TM."  // thay mặt tập thể
	Deputy     Capacity = "KT."  // ký thay
	ByOrder    Capacity = "TL."  // thừa lệnh
	Delegated  Capacity = "TUQ." // thừa ủy quyền
	Acting     Capacity = "Q."   // quyền
	Own        Capacity = ""     // the office itself
)

// Standing is one line of the signing block: "TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH". A "\n" in a long office, as in
// a subject, breaks it where the sense wants it.
type Standing struct {
	Capacity Capacity
	Office   string // in capitals
}

// String writes the line.
func (s Standing) String() string {
	if s.Capacity == Own {
		return s.Office
	}
	return string(s.Capacity) + " " + s.Office
}

// Signature is the signing block. Its last standing is the signer's own office.
type Signature struct {
	Standings []Standing
	Name      string
	// Delegation stands in the block when the signer signs for somebody by a written delegation (TUQ.): both names are in it.
	Delegation *Delegation
}

// Delegation names who delegated and by what.
type Delegation struct {
	Name, Office string // "Nguyễn Văn A", "Chủ tịch"
	Instrument   string // "Giấy ủy quyền số 12/GUQ-UBND ngày 01/3/2022"; may be empty
}

// Sentence is the line under the standings.
func (d Delegation) Sentence() string {
	name := strings.ReplaceAll(d.Name, " ", "\u00a0") // a name stays on one line
	s := "(Thừa ủy quyền của " + strings.TrimSpace(d.Office+" "+name)
	if d.Instrument != "" {
		s += " theo " + d.Instrument
	}
	return s + ")"
}

// Authenticity is the page that tells whether a paper is genuine, and the digest that stands beside its QR code.
type Authenticity struct {
	URL  string // what the QR code opens; empty leaves the block out
	Hash string // SHA-256 of what was approved, 64 hexadecimal digits
	Note string // one sentence; empty is a sentence of ours
}

// Annex is a part of its own after the signature, with its own page numbers (Decree 30/2020/NĐ-CP, Appendix I, III).
type Annex struct {
	Label     string // "PHỤ LỤC I"
	Title     string // in capitals
	Note      string // "(Kèm theo Báo cáo số …)"
	Landscape bool
	Body      []Block
}

// Title is the document's title for its file's properties.
func (d *Document) Title() string {
	if d.Kind == Letter {
		return strings.TrimSpace("Công văn số " + d.Number + ": " + d.Subject)
	}
	return d.Kind.Name() + " " + d.Subject
}

// Author is the issuer in one line.
func (d *Document) Author() string { return strings.Join(d.Agency, " ") }

// Tongue is the document's language, vi-VN when none is given.
func (d *Document) Tongue() string {
	if d.Language == "" {
		return "vi-VN"
	}
	return d.Language
}

// NumberLine is "Số: 38/KH-UBND", with room for a hand to write in a draft.
func (d *Document) NumberLine() string {
	if d.Number == "" || strings.HasPrefix(d.Number, "/") {
		return "Số:" + strings.Repeat("\u00a0", 7) + d.Number
	}
	return "Số: " + d.Number
}

// DateLine is place and date; days below 10 and months 1 and 2 take a nought in front (Decree 30/2020/NĐ-CP, Appendix I, II.4).
func (d *Document) DateLine() string {
	if d.Date.IsZero() {
		gap := strings.Repeat("\u00a0", 6)
		return d.Place + ", ngày" + gap + "tháng" + gap + "năm" + gap
	}
	return d.Place + ", " + LongDate(d.Date)
}

// LongDate is a day in words, "ngày 23 tháng 02 năm 2022".
func LongDate(day time.Time) string {
	at := day.In(vn.Location())
	month := fmt.Sprint(int(at.Month()))
	if at.Month() < time.March {
		month = "0" + month
	}
	return fmt.Sprintf("ngày %02d tháng %s năm %d", at.Day(), month, at.Year())
}

// FootLine is what stands at the foot of every page, empty for most.
func (d *Document) FootLine() string {
	lines := make([]string, 0, len(d.Marks)+1)
	for _, m := range d.Marks {
		lines = append(lines, string(m))
	}
	if d.Emergency != "" {
		lines = append(lines, d.Emergency)
	}
	return strings.Join(lines, " · ")
}

// AuthenticityNote is the sentence beside the QR code.
func (d *Document) AuthenticityNote() string {
	if d.Authenticity.Note != "" {
		return d.Authenticity.Note
	}
	return "Quét mã QR hoặc mở địa chỉ dưới đây để kiểm tra tính xác thực của văn bản."
}

// Normal puts text in the form every renderer sets it in: NFC, since editors that decompose would miss the typeface's letters,
// and tabs as spaces.
func Normal(s string) string {
	if strings.ContainsAny(s, "\t\r") {
		s = strings.NewReplacer("\r\n", "\n", "\t", " ", "\r", "\n").Replace(s)
	}
	return norm.NFC.String(s)
}
