package docx

import "github.com/loa-vn/loa/pkg/document/internal/markup"

// stylesPart gives the paragraph and table styles: 14 points for text, 12 for tables, the first line indented by 1.27 cm.
func stylesPart() string {
	return markup.Head + `<w:styles ` + names + `><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:eastAsia="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman"/><w:sz w:val="28"/><w:szCs w:val="28"/><w:lang w:val="vi-VN" w:eastAsia="vi-VN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>` +
		`<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>` +
		`<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>` +
		`<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>` +
		`<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:left w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:bottom w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:right w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="000000"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="000000"/></w:tblBorders><w:tblCellMar><w:top w:w="57" w:type="dxa"/><w:left w:w="80" w:type="dxa"/><w:bottom w:w="57" w:type="dxa"/><w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>` +
		style("NDBody", "ND30 Nội dung", "Normal", `<w:widowControl/><w:spacing w:before="120" w:after="0" w:line="271" w:lineRule="auto"/><w:ind w:firstLine="720"/><w:jc w:val="both"/>`, "") +
		style("NDPlain", "ND30 Thường", "Normal", `<w:spacing w:before="0" w:after="0"/>`, "") +
		style("NDCenter", "ND30 Giữa", "Normal", `<w:spacing w:before="0" w:after="0"/><w:jc w:val="center"/>`, "") +
		style("NDCell", "ND30 Ô bảng", "Normal", `<w:spacing w:before="0" w:after="0"/>`, "") +
		style("Title", "Title", "NDCenter", `<w:keepNext/>`, `<w:b/>`) +
		style("Subtitle", "Subtitle", "NDCenter", `<w:keepNext/>`, `<w:b/>`) +
		style("Heading1", "heading 1", "NDBody", `<w:keepNext/><w:outlineLvl w:val="0"/>`, `<w:b/>`) +
		style("Heading2", "heading 2", "NDBody", `<w:keepNext/><w:outlineLvl w:val="1"/>`, `<w:b/>`) +
		style("Heading3", "heading 3", "NDBody", `<w:keepNext/><w:outlineLvl w:val="2"/>`, ``) +
		style("Caption", "caption", "NDCenter", `<w:keepNext/><w:spacing w:before="120" w:after="60"/>`, `<w:b/><w:sz w:val="26"/><w:szCs w:val="26"/>`) +
		style("Header", "header", "NDPlain", ``, ``) +
		style("Footer", "footer", "NDPlain", ``, ``) +
		`<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:rPr><w:color w:val="0B3D91"/></w:rPr></w:style></w:styles>`
}

func style(id, name, based, ppr, rpr string) string {
	s := `<w:style w:type="paragraph" w:styleId="` + id + `"><w:name w:val="` + name + `"/><w:basedOn w:val="` + based + `"/><w:qFormat/>`
	if ppr != "" {
		s += `<w:pPr>` + ppr + `</w:pPr>`
	}
	if rpr != "" {
		s += `<w:rPr>` + rpr + `</w:rPr>`
	}
	return s + `</w:style>`
}
