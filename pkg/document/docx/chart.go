package docx

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/pkg/document/internal/markup"
	"github.com/loa-vn/loa/pkg/document/model"
)

// emuPerTwip makes DrawingML's measure.
const emuPerTwip = 635

// chart places a chart of Word's own, which stays sharp and can be restyled. Its contents in words are the alternative text.
func (x *writer) chart(c model.Chart, width int) {
	x.charts = append(x.charts, c)
	n := strconv.Itoa(len(x.charts))
	x.paragraph("Caption", "", model.Plain(c.Caption), 0)
	height := (1_200 + 640*len(c.Bars)) * emuPerTwip
	x.Put(`<w:p><w:pPr><w:pStyle w:val="NDCenter"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="`, strconv.Itoa(width*emuPerTwip), `" cy="`, strconv.Itoa(min(height, 14_000*emuPerTwip)),
		`"/><wp:docPr id="10`, n, `" name="Biểu đồ `, n, `" descr="`, markup.Escape(model.Normal(c.Describe())), `"/><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" r:id="rIdC`, n, `"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`)
}

// chartPart is the chart's own part. A missing figure has no bar, and its name says so; it is never drawn as nought.
func chartPart(c model.Chart) string {
	var b strings.Builder
	b.WriteString(markup.Head + `<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><c:roundedCorners val="0"/><c:chart><c:autoTitleDeleted val="1"/><c:plotArea><c:layout/><c:barChart><c:barDir val="bar"/><c:grouping val="clustered"/><c:varyColors val="0"/>`)
	series := func(index int, name, fill string, figure func(model.Bar) model.Figure) {
		fmt.Fprintf(&b, `<c:ser><c:idx val="%d"/><c:order val="%d"/><c:tx><c:v>%s</c:v></c:tx><c:spPr><a:solidFill><a:srgbClr val="%s"/></a:solidFill><a:ln w="6350"><a:solidFill><a:srgbClr val="596B85"/></a:solidFill></a:ln></c:spPr><c:invertIfNegative val="0"/><c:dLbls><c:spPr><a:noFill/></c:spPr><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls><c:cat><c:strLit><c:ptCount val="%d"/>`, index, index, markup.Escape(name), fill, len(c.Bars))
		for i, bar := range c.Bars {
			fmt.Fprintf(&b, `<c:pt idx="%d"><c:v>%s</c:v></c:pt>`, i, markup.Escape(barName(bar)))
		}
		fmt.Fprintf(&b, `</c:strLit></c:cat><c:val><c:numLit><c:formatCode>#,##0</c:formatCode><c:ptCount val="%d"/>`, len(c.Bars))
		for i, bar := range c.Bars {
			if v, ok := figure(bar).Value(); ok {
				fmt.Fprintf(&b, `<c:pt idx="%d"><c:v>%d</c:v></c:pt>`, i, v)
			}
		}
		b.WriteString(`</c:numLit></c:val></c:ser>`)
	}
	actual := "Thực hiện"
	if c.Unit != "" {
		actual += " (" + model.Normal(c.Unit) + ")"
	}
	series(0, "Kế hoạch", "CCD9EB", func(b model.Bar) model.Figure { return b.Planned })
	series(1, actual, "0B3D91", func(b model.Bar) model.Figure { return b.Actual })
	b.WriteString(`<c:gapWidth val="60"/><c:axId val="1"/><c:axId val="2"/></c:barChart>` +
		`<c:catAx><c:axId val="1"/><c:scaling><c:orientation val="maxMin"/></c:scaling><c:delete val="0"/><c:axPos val="l"/><c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="2"/><c:crosses val="autoZero"/></c:catAx>` +
		`<c:valAx><c:axId val="2"/><c:scaling><c:orientation val="minMax"/><c:min val="0"/></c:scaling><c:delete val="1"/><c:axPos val="t"/><c:numFmt formatCode="#,##0" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:crossAx val="1"/><c:crosses val="autoZero"/></c:valAx></c:plotArea>` +
		`<c:legend><c:legendPos val="t"/><c:overlay val="0"/></c:legend><c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart><c:txPr><a:bodyPr/><a:p><a:pPr><a:defRPr sz="1100"><a:latin typeface="Times New Roman"/></a:defRPr></a:pPr><a:endParaRPr lang="vi-VN"/></a:p></c:txPr></c:chartSpace>`)
	return b.String()
}

func barName(b model.Bar) string {
	name := model.Normal(b.Name)
	_, planned := b.Planned.Value()
	_, actual := b.Actual.Value()
	switch {
	case !planned && !actual:
		return name + ": " + model.MissingWords
	case !planned:
		return name + ", kế hoạch: " + model.MissingWords
	case !actual:
		return name + ", thực hiện: " + model.MissingWords
	}
	return name
}
