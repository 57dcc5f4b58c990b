package paper

import (
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/document/sheet"
	"github.com/loa-vn/loa/pkg/plain"
	"github.com/loa-vn/loa/services/reporting/internal/narrative"
)

// words are what people wrote in the report; nothing when nobody has.
func (r Report) words() narrative.Narrative {
	if r.Narrative == nil {
		return narrative.Narrative{}
	}
	return *r.Narrative
}

// written is a section that somebody wrote, or says that nobody has.
func (r Report) written(text, part string) []model.Block {
	if blocks := blocksOf(text); blocks != nil {
		return blocks
	}
	return []model.Block{missing("nội dung", part)}
}

func blocksOf(text string) []model.Block {
	var blocks []model.Block
	for _, part := range plain.Parts(text) {
		if part.Entries == nil {
			blocks = append(blocks, model.Text(part.Paragraph))
			continue
		}
		list := model.List{}
		for _, entry := range part.Entries {
			list.Items = append(list.Items, model.Plain(entry))
		}
		blocks = append(blocks, list)
	}
	return blocks
}

// wordsSheet is what people wrote, as a sheet of its own: a section that nobody wrote is missing there too.
func (r Report) wordsSheet() sheet.Sheet {
	words := r.words()
	titles := []string{"Công tác chỉ đạo, điều hành", "Ưu điểm, hạn chế, nguyên nhân", "Khó khăn, vướng mắc", "Đề xuất, kiến nghị", "Nhiệm vụ kỳ tiếp theo"}
	var rows [][]sheet.Cell
	for i, s := range words.Sections() {
		text := sheet.Missing("chưa có nội dung")
		if *s.Text != "" {
			text = sheet.Text(*s.Text)
		}
		rows = append(rows, []sheet.Cell{sheet.Text(titles[i]), text})
	}
	return sheet.Sheet{
		Name: "Thuyết minh", Above: r.above(), Columns: []sheet.Column{{Title: "Phần", Width: 32}, {Title: "Nội dung", Width: 110}}, Rows: sheet.Rows(rows),
	}
}
