package directory

import "github.com/loa-vn/loa/pkg/es"

// AgenciesImported holds every row of one file that was new or changed something, in the file's order.
type AgenciesImported struct {
	Agencies []Agency `json:"agencies"`
}

// PeopleImported holds every row of one file that was new or changed something, in the file's order.
type PeopleImported struct {
	People []Person `json:"people"`
}

// Catalogue lists the stored events of the directory.
func Catalogue() *es.Catalogue {
	return es.NewCatalogue(
		es.EventType[AgenciesImported]("planning.agencies_imported.v1"),
		es.EventType[PeopleImported]("planning.people_imported.v1"),
	)
}
