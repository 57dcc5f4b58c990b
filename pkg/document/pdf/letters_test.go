package pdf

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/loa-vn/loa/pkg/document/letters"
	"github.com/loa-vn/loa/pkg/document/model"
)

// Every text of a document is set, and an address still leads to its page.
func TestADocumentThatCanBeSet(t *testing.T) {
	const odd = "漢📣\u0001"
	cell := model.Words(odd)
	d := model.Document{
		Kind: model.Letter, Parent: odd, Agency: []string{odd}, Number: odd, Place: odd, Subject: odd, Emergency: odd, To: []string{odd}, Recipients: []string{odd},
		Signature: model.Signature{Name: odd, Standings: []model.Standing{{Office: odd}}, Delegation: &model.Delegation{Name: odd, Office: odd, Instrument: odd}},
		Body: []model.Block{
			model.Heading{Level: 1, Label: odd, Text: odd},
			model.Text(odd),
			model.List{Items: [][]model.Run{model.Plain(odd)}},
			model.Table{Caption: odd, Summary: odd, Columns: []model.Column{{Weight: 1}}, Header: model.Headings(odd), Rows: model.Rows([]model.Cell{cell})},
			model.Chart{Caption: odd, Unit: odd, Bars: []model.Bar{{Name: odd, Planned: model.Known(1)}}},
			model.Paragraph{Runs: []model.Run{{Text: "https://a.vn/漢", Link: "https://a.vn/漢"}}},
		},
		Annexes:      []model.Annex{{Label: odd, Title: odd, Note: odd, Body: []model.Block{model.Text(odd)}}},
		Authenticity: model.Authenticity{URL: "https://a.vn/", Note: odd},
	}
	require.Error(t, Write(io.Discard, &d))
	set := letters.Document(d)
	require.NoError(t, Write(io.Discard, set))
	assert.Equal(t, odd, cell.Text(), "the document that was given is another")
	assert.Equal(t, model.Text(odd), d.Body[1])
	assert.Equal(t, []model.Run{{Text: "https://a.vn/%E6%BC%A2", Link: "https://a.vn/漢"}}, set.Body[5].(model.Paragraph).Runs)
}
