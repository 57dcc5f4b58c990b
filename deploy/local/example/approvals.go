package example

import (
	"context"
	"encoding/json"
	"slices"
)

// approve waits until the dossier of that hash is at the person's level, and approves the hash that was submitted.
func (l *loader) approve(ctx context.Context, document, person, hash string) error {
	done, err := l.decided(ctx, document, person, hash)
	if done || err != nil {
		return err
	}
	dossier, err := l.dossier(ctx, document, person, hash)
	if err != nil {
		return err
	}
	return l.client.json(ctx, person, "POST", "/v1/dossiers/"+dossier+":approve", map[string]string{"hash": hash}, "example/approve/"+document+"/"+hash, nil)
}

// dossier waits for the one of a document that is at the person's level with the hash.
func (l *loader) dossier(ctx context.Context, document, person, hash string) (string, error) {
	var found string
	err := l.client.until(ctx, person, "/v1/dossiers?waitingFor=me&document="+document, func(answer []byte) bool {
		var page struct{ Dossiers []struct{ ID, Hash string } }
		if json.Unmarshal(answer, &page) != nil {
			return false
		}
		for _, d := range page.Dossiers {
			if d.Hash == hash {
				found = d.ID
			}
		}
		return found != ""
	})
	return found, err
}

// decided says whether the person has decided on the hash in a load that was cut off.
func (l *loader) decided(ctx context.Context, document, person, hash string) (bool, error) {
	var page struct {
		Dossiers []struct {
			Decisions []struct{ Person, Hash string }
		}
	}
	if err := l.client.json(ctx, person, "GET", "/v1/dossiers?document="+document, nil, "", &page); err != nil {
		return false, err
	}
	for _, d := range page.Dossiers {
		for _, decision := range d.Decisions {
			if decision.Person == person && decision.Hash == hash {
				return true, nil
			}
		}
	}
	return false, nil
}

func (l *loader) giveBack(ctx context.Context, document, hash, key string) error {
	done, err := l.decided(ctx, document, "tp.stttt", hash)
	if done || err != nil {
		return err
	}
	dossier, err := l.dossier(ctx, document, "tp.stttt", hash)
	if err != nil {
		return err
	}
	comment := map[string]any{"hash": hash, "toLevel": 0, "comment": "Nêu rõ nguồn của sáu nội dung (Nghị quyết 76/NQ-CP) và thêm ví dụ cho từng nội dung."}
	return l.client.json(ctx, "tp.stttt", "POST", "/v1/dossiers/"+dossier+":return", comment, key+"/return", nil)
}

func stateIs(states ...string) func(answer []byte) bool {
	return func(answer []byte) bool {
		var resource struct{ State string }
		return json.Unmarshal(answer, &resource) == nil && slices.Contains(states, resource.State)
	}
}
