package item

// Revise replaces the text. A text with the same hash writes nothing. Published content is changed by a correction, which is another
// command.
func (i *Item) Revise(author string, c Composed) ([]any, error) {
	if err := i.Editable(); err != nil {
		return nil, err
	}
	hash, err := c.Text.Hash()
	if err != nil {
		return nil, err
	}
	if hash == i.Hash {
		return nil, nil
	}
	return []any{Revised{Author: author, Revision: i.Revision + 1, Text: c.Text, HTML: c.HTML, Hash: hash}}, nil
}

// Editable says why the item cannot be edited in its state, if it cannot.
func (i *Item) Editable() error {
	if i.State == Published {
		return i.refuse("draft, in_approval, returned, approved, scheduled")
	}
	return nil
}
