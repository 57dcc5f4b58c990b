package planning

import (
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/es"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/result"
)

// publishResult gives the published form of an event of a result, which carries it whole; nil for another event. An edit is told as a
// record of what it now says, and a row of history as what it became.
func publishResult(e es.Event) proto.Message {
	r, ok := result.Of(e)
	if !ok {
		return nil
	}
	switch r.State {
	case result.Confirmed:
		return &planningv1.ResultConfirmed{Result: resultProto(r)}
	case result.Questioned:
		return &planningv1.ResultQuestioned{Result: resultProto(r)}
	case result.Retracted:
		return &planningv1.ResultRetracted{Result: resultProto(r)}
	default:
		return &planningv1.ResultRecorded{Result: resultProto(r)}
	}
}
