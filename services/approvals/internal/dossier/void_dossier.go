package dossier

// Void follows an edit of the document: approvals of any other hash are void, whatever state the dossier is in.
func (d *Dossier) Void(hash string) ([]any, error) {
	if !d.Exists() || hash == d.Hash {
		return nil, nil
	}
	if err := d.settled(); err != nil {
		return nil, err
	}
	return []any{d.madeVoid(hash)}, nil
}

func (d *Dossier) madeVoid(hash string) MadeVoid {
	return MadeVoid{DocumentType: d.DocumentType, Document: d.Document, Hash: d.Hash, NewHash: hash}
}
