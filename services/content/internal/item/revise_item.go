package item

import (
	"strconv"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
)

// Editing is the text that an edit begins with. A correction that readers have been told of is over: the next one says why anew.
func (i *Item) Editing() Text {
	t := i.Text
	if i.Hash == i.PublishedHash {
		t.Correction = Correction{}
	}
	return t
}

// Revise replaces the text. A text with the same hash writes nothing. What is public stays so: the new text is a correction of it, which
// has to be approved and published as well.
func (i *Item) Revise(author string, c Composed) ([]any, error) { return i.revise(author, c, 0) }

// Restore replaces the text with that of an earlier revision.
func (i *Item) Restore(author string, revision int32, c Composed) ([]any, error) {
	return i.revise(author, c, revision)
}

func (i *Item) revise(author string, c Composed, restored int32) ([]any, error) {
	if c.Text.Correction != (Correction{}) && i.Edition == 0 {
		return nil, errs.Invalid([]errs.Field{errs.At("correction", errorsv1.Reason_CORRECTION_EARLY)})
	}
	text, err := i.dated(c.Text)
	if err != nil {
		return nil, err
	}
	hash, err := text.Hash()
	if err != nil {
		return nil, err
	}
	again := text
	if i.Hash == i.PublishedHash && again.Correction == (Correction{}) {
		again.Correction = i.Text.Correction // nothing but the last correction's reason was left out
	}
	same, err := again.Hash()
	if err != nil || hash == i.Hash || same == i.Hash {
		return nil, err
	}
	words := i.Revision + 1
	if text.SameWords(i.Text) {
		words = i.WordsRevision
	}
	return []any{Revised{
		Author: author, Revision: i.Revision + 1, Text: text, HTML: c.HTML, Hash: hash, WordsRevision: words, RestoredFrom: restored, Edition: i.Edition,
	}}, nil
}

// dated says of every translation which revision of the original it is of. One that does not say it is of the revision that is being
// written when its words are new, else of the one it was of.
func (i *Item) dated(t Text) (Text, error) {
	translations := make([]Translation, 0, len(t.Translations))
	for _, to := range t.Translations {
		switch {
		case to.OfRevision < 0 || to.OfRevision > i.Revision+1:
			return t, errs.Invalid([]errs.Field{errs.At(PlaceOf(to)+".ofRevision", errorsv1.Reason_TRANSLATION_REVISION,
				"revision", strconv.Itoa(int(to.OfRevision)), "newest", strconv.Itoa(int(i.Revision)))})
		case to.OfRevision == 0:
			to.OfRevision = i.Revision + 1
			for _, was := range i.Text.Translations {
				if was.Language == to.Language && was.Title == to.Title && was.Summary == to.Summary && was.Body == to.Body {
					to.OfRevision = was.OfRevision
				}
			}
		}
		translations = append(translations, to)
	}
	if t.Translations = translations; len(translations) == 0 {
		t.Translations = nil
	}
	return t, nil
}

// Behind says whether a translation is of an earlier revision than the one whose words there are now.
func (i *Item) Behind(t Translation) bool { return t.OfRevision < i.WordsRevision }
