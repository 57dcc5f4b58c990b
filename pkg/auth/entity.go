package auth

import (
	"fmt"
	"time"

	"github.com/cedar-policy/cedar-go/types"
)

// Resource is what an action is done to. Type is written without the namespace: "Content" is Loa::Content in a policy. Attributes
// hold strings, booleans, int and int64, []string (a set), time.Time (a datetime) and Ref; another type is an error.
type Resource struct {
	Type, ID   string
	Attributes map[string]any
}

// Ref is an attribute that names another entity: Ref{"Person", "cv.stttt"} is Loa::Person::"cv.stttt".
type Ref struct{ Type, ID string }

const namespace = "Loa::"

func (r Resource) entity() (types.Entity, error) {
	attributes := make(types.RecordMap, len(r.Attributes))
	for name, value := range r.Attributes {
		v, err := cedarValue(value)
		if err != nil {
			return types.Entity{}, fmt.Errorf("attribute %s of %s %q: %w", name, r.Type, r.ID, err)
		}
		attributes[types.String(name)] = v
	}
	return types.Entity{
		UID:        types.NewEntityUID(types.EntityType(namespace+r.Type), types.String(r.ID)),
		Attributes: types.NewRecord(attributes),
	}, nil
}

// subjectEntity gives a machine its name, a person what the directory knows, and a stranger nothing: a policy that asks a
// stranger's role cannot be evaluated and so permits nothing.
func subjectEntity(p Principal) types.Entity {
	switch {
	case p.Service != "":
		return types.Entity{
			UID:        types.NewEntityUID("Loa::Service", types.String(p.Service)),
			Attributes: types.NewRecord(types.RecordMap{"name": types.String(p.Service)}),
		}
	case p.Person != nil:
		return types.Entity{
			UID: types.NewEntityUID("Loa::Person", types.String(p.Person.ID)),
			Attributes: types.NewRecord(types.RecordMap{
				"agency": types.String(p.Person.Agency), "unit": types.String(p.Person.Unit),
				"role": types.String(p.Person.Role), "position": types.String(p.Person.Position),
			}),
		}
	default:
		return types.Entity{UID: types.NewEntityUID("Loa::Person", types.String(p.Subject))}
	}
}

func cedarValue(value any) (types.Value, error) {
	switch v := value.(type) {
	case string:
		return types.String(v), nil
	case bool:
		return types.Boolean(v), nil
	case int:
		return types.Long(v), nil
	case int64:
		return types.Long(v), nil
	case time.Time:
		return types.NewDatetime(v), nil
	case Ref:
		return types.NewEntityUID(types.EntityType(namespace+v.Type), types.String(v.ID)), nil
	case []string:
		elements := make([]types.Value, len(v))
		for i, s := range v {
			elements[i] = types.String(s)
		}
		return types.NewSet(elements...), nil
	default:
		return nil, fmt.Errorf("a policy cannot read a %T", value)
	}
}

// pair is the whole world of one question: who asks, and about what.
type pair struct{ subject, object types.Entity }

func (p pair) Get(uid types.EntityUID) (types.Entity, bool) {
	switch uid {
	case p.subject.UID:
		return p.subject, true
	case p.object.UID:
		return p.object, true
	default:
		return types.Entity{}, false
	}
}
