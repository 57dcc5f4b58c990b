package docximport

import (
	"fmt"

	"github.com/loa-vn/loa/pkg/errs"
)

// Loss is a kind of thing that an import leaves out.
type Loss string

// What an import leaves out.
const (
	DeletedText    Loss = "deleted_text"
	UnsafeLink     Loss = "unsafe_link"
	Picture        Loss = "picture"
	EmbeddedObject Loss = "embedded_object"
	Comment        Loss = "comment"
	Footnote       Loss = "footnote"
	HiddenText     Loss = "hidden_text"
	Symbol         Loss = "symbol"
	Formula        Loss = "formula"
	// OldFont is kept, not dropped: text in a typeface of the time before Unicode (.VnTime, VNI-Times) reads as other letters.
	OldFont Loss = "old_font"
)

// Dropped says how often something was left out.
type Dropped struct {
	Loss  Loss
	Count int
}

// Sentence tells a user what was left out and what to look at.
func (d Dropped) Sentence(l errs.Language) string {
	vi, en := d.Loss.sentences()
	if l == errs.English {
		return fmt.Sprintf(en, d.Count)
	}
	return fmt.Sprintf(vi, d.Count)
}

func (l Loss) sentences() (vi, en string) {
	switch l {
	case DeletedText:
		return "Bỏ %d chỗ đã xóa trong chế độ theo dõi thay đổi.", "Left out %d passages deleted under tracked changes."
	case UnsafeLink:
		return "Bỏ %d liên kết không an toàn; chữ của liên kết được giữ.", "Left out %d unsafe links; their text is kept."
	case Picture:
		return "Bỏ %d hình ảnh hoặc hộp chữ.", "Left out %d pictures or text boxes."
	case EmbeddedObject:
		return "Bỏ %d đối tượng nhúng.", "Left out %d embedded objects."
	case Comment:
		return "Bỏ %d nhận xét bên lề.", "Left out %d comments."
	case Footnote:
		return "Bỏ %d chú thích cuối trang.", "Left out %d footnotes."
	case HiddenText:
		return "Bỏ %d đoạn chữ ẩn.", "Left out %d hidden passages."
	case Symbol:
		return "Bỏ %d ký hiệu không phải Unicode.", "Left out %d symbols that are not Unicode."
	case Formula:
		return "Bỏ %d công thức.", "Left out %d formulas."
	case OldFont:
		return "Có %d đoạn dùng phông chữ cũ (.VnTime, VNI-Times…): hãy chuyển tệp sang Unicode rồi gửi lại, nếu không chữ sẽ sai.",
			"%d passages use a typeface from before Unicode (.VnTime, VNI-Times…): convert the file to Unicode and send it again, or the text will be wrong."
	}
	return "Bỏ %d chỗ.", "Left out %d places."
}

func (r *reader) drop(l Loss) {
	for i := range r.dropped {
		if r.dropped[i].Loss == l {
			r.dropped[i].Count++
			return
		}
	}
	r.dropped = append(r.dropped, Dropped{l, 1})
}
