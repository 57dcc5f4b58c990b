package result

import "github.com/loa-vn/loa/pkg/es"

// Each event of a result carries it whole, as it stands after the event, but for when the event was recorded.

// ResultRecorded says that an agency in charge recorded it.
type ResultRecorded struct {
	Result Result `json:"result"`
}

// ResultRevised says that it was edited before it was confirmed.
type ResultRevised struct {
	Result Result `json:"result"`
}

// ResultConfirmed says that the agency that leads the plan lets it count.
type ResultConfirmed struct {
	Result Result `json:"result"`
}

// ResultQuestioned says that it does not count, and why.
type ResultQuestioned struct {
	Result Result `json:"result"`
}

// ResultRetracted says that it was taken back for good.
type ResultRetracted struct {
	Result Result `json:"result"`
}

// ResultImported is one row of a file of history. Import is the file's stream.
type ResultImported struct {
	Import string `json:"import"`
	Result Result `json:"result"`
}

// ResultsImported is a whole file of history: one command, one event. Its rows become results one by one afterwards.
type ResultsImported struct {
	Plan    string   `json:"plan"`
	Results []Result `json:"results"`
}

// Items are the plan items that the file has results of, in its order.
func (f ResultsImported) Items() []string {
	var items []string
	seen := map[string]bool{}
	for _, r := range f.Results {
		if !seen[r.Item] {
			seen[r.Item] = true
			items = append(items, r.Item)
		}
	}
	return items
}

// Of gives the rows of one plan item, in the file's order.
func (f ResultsImported) Of(item string) []Result {
	var rows []Result
	for _, r := range f.Results {
		if r.Item == item {
			rows = append(rows, r)
		}
	}
	return rows
}

// Catalogue lists the stored events of results.
func Catalogue() *es.Catalogue {
	return es.NewCatalogue(
		es.EventType[ResultRecorded]("planning.result_recorded.v1"),
		es.EventType[ResultRevised]("planning.result_revised.v1"),
		es.EventType[ResultConfirmed]("planning.result_confirmed.v1"),
		es.EventType[ResultQuestioned]("planning.result_questioned.v1"),
		es.EventType[ResultRetracted]("planning.result_retracted.v1"),
		es.EventType[ResultImported]("planning.result_imported.v1"),
		es.EventType[ResultsImported]("planning.results_imported.v1"),
	)
}

// Of gives the result that an event leaves, with the times that only the recorded event knows.
func Of(e es.Event) (Result, bool) {
	switch v := e.Data.(type) {
	case ResultRecorded:
		v.Result.RecordedAt = e.RecordedAt
		return v.Result, true
	case ResultImported:
		v.Result.RecordedAt = e.RecordedAt
		return v.Result, true
	case ResultRevised:
		return v.Result, true
	case ResultConfirmed:
		return decided(e, v.Result), true
	case ResultQuestioned:
		return decided(e, v.Result), true
	case ResultRetracted:
		return decided(e, v.Result), true
	default:
		return Result{}, false
	}
}

func decided(e es.Event, r Result) Result {
	r.DecidedAt = e.RecordedAt
	return r
}
