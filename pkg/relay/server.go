package relay

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/order"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

const (
	defaultPage = 500
	largestPage = 1000
	// pageBytes keeps an answer under gRPC's 4 MB, with room for one event of the largest kind after it is passed.
	pageBytes = 1 << 20
	// pageScan is how many stored events one request looks through at most.
	pageScan = 5000
	// A page may be full after few events or many, so it is read in steps that grow: about as much as it took, and not much more.
	firstRead = 50
	lastRead  = 500
	// readBytes is about what a step holds in memory, judged by the step before it.
	readBytes = 4 << 20
)

// Server serves the published events of one service's log.
func Server(deps Deps, service string, mapper Mapper) busv1.PublishedServiceServer {
	return &server{deps: deps, service: service, mapper: mapper}
}

type server struct {
	busv1.UnimplementedPublishedServiceServer
	deps    Deps
	service string
	mapper  Mapper
}

// ReadPublished reads from the log itself, so it brings events that the broker has not acknowledged too. The predecessor of the first
// event is the request's `after`: a caller asks from a place it holds.
func (s *server) ReadPublished(ctx context.Context, request *busv1.ReadPublishedRequest) (*busv1.ReadPublishedResponse, error) {
	if err := s.check(request); err != nil {
		return nil, err
	}
	limit := int(request.GetLimit())
	if limit == 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	answer := &busv1.ReadPublishedResponse{ReadUntil: request.GetAfter()}
	chain, size, held := order.NewChain(request.GetAfter()), 0, 0
	for scanned, step := 0, firstRead; scanned < pageScan; step = min(2*step, lastRead) {
		if held > readBytes {
			step = max(1, step*readBytes/held)
		}
		step = min(step, bus.Partitions*(limit-len(answer.GetEvents())))
		if request.GetUntil() > 0 { // positions have no gaps
			if step = int(min(int64(step), request.GetUntil()-answer.GetReadUntil())); step <= 0 {
				break
			}
		}
		events, err := s.deps.Log.Read(ctx, answer.GetReadUntil(), step)
		if err != nil {
			return nil, err
		}
		held = 0
		for _, e := range events {
			held += 2 * len(e.Body) // as the next step would, which is twice as long
			if bus.Partition(e.Aggregate) == int(request.GetPartition()) {
				m, err := published(s.service, e, s.mapper)
				if err != nil {
					return nil, err
				}
				if m != nil {
					m.Previous, _ = chain.Link(m.Position)
					event, err := m.Published()
					if err != nil {
						return nil, err
					}
					size += proto.Size(event)
					if len(answer.GetEvents()) > 0 && size > pageBytes {
						return answer, nil
					}
					answer.Events = append(answer.Events, event)
				}
			}
			answer.ReadUntil = e.Position
			if len(answer.GetEvents()) == limit {
				return answer, nil
			}
		}
		if len(events) < step {
			break
		}
		scanned += len(events)
	}
	return answer, nil
}

func (s *server) check(request *busv1.ReadPublishedRequest) error {
	if request.GetSource() != s.service {
		return s.unknown(request.GetSource())
	}
	var fields []errs.Field
	if request.GetPartition() < 0 || request.GetPartition() >= bus.Partitions {
		fields = append(fields, bad("partition", int64(request.GetPartition()), "0–3"))
	}
	if request.GetAfter() < 0 {
		fields = append(fields, bad("after", request.GetAfter(), "≥ 0"))
	}
	if request.GetLimit() < 0 {
		fields = append(fields, bad("limit", int64(request.GetLimit()), "≥ 0"))
	}
	return errs.Invalid(fields)
}

func bad(field string, value int64, expected string) errs.Field {
	return errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", strconv.FormatInt(value, 10), "expected", expected)
}

func (s *server) unknown(source string) error {
	return errs.New(errorsv1.Reason_NOT_FOUND, "what", source)
}

// GetHeads tells what the broker has acknowledged.
func (s *server) GetHeads(ctx context.Context, request *busv1.GetHeadsRequest) (*busv1.GetHeadsResponse, error) {
	if request.GetSource() != s.service {
		return nil, s.unknown(request.GetSource())
	}
	marks, err := readMarks(ctx, s.deps.Pool)
	if err != nil {
		return nil, errs.New(errorsv1.Reason_UNAVAILABLE, "what", "postgres").Because(err)
	}
	answer := &busv1.GetHeadsResponse{}
	// After the marks, so that the lineage is never older than they are.
	if answer.Lineage, err = readLineage(ctx, s.deps.Pool); err != nil {
		return nil, errs.New(errorsv1.Reason_UNAVAILABLE, "what", "postgres").Because(err)
	}
	answer.Epoch = answer.GetLineage()[len(answer.GetLineage())-1].GetEpoch()
	lineage, err := es.ReadLineage(ctx, s.deps.Pool)
	if err != nil {
		return nil, errs.New(errorsv1.Reason_UNAVAILABLE, "what", "postgres").Because(err)
	}
	answer.Closed = !lineage.Open
	for _, m := range marks {
		answer.Heads = append(answer.Heads, &busv1.Head{Partition: int32(m.partition), Position: m.position, AcknowledgedAt: timestamppb.New(m.at)})
	}
	return answer, nil
}

// readLineage reads from the database and not from the open log, which may not know yet that it was adopted.
func readLineage(ctx context.Context, pool *pgxpool.Pool) ([]*busv1.Epoch, error) {
	rows, err := pool.Query(ctx, `SELECT epoch, after FROM es.epoch ORDER BY epoch`)
	if err != nil {
		return nil, err
	}
	epochs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*busv1.Epoch, error) {
		var epoch int32
		var after int64
		err := row.Scan(&epoch, &after)
		return &busv1.Epoch{Epoch: epoch, After: after}, err
	})
	if err == nil && len(epochs) == 0 {
		err = errors.New("relay: the log has no epoch")
	}
	return epochs, err
}

type acknowledged struct {
	partition int
	position  int64
	at        time.Time
}

// readMarks gives every partition's, 0 where nothing was acknowledged yet.
func readMarks(ctx context.Context, pool *pgxpool.Pool) ([]acknowledged, error) {
	rows, err := pool.Query(ctx, `SELECT p, coalesce(m.position, 0), coalesce(m.acknowledged_at, 'epoch')
		FROM generate_series(0, $1 - 1) p LEFT JOIN relay.mark m ON m.partition = p ORDER BY p`, bus.Partitions)
	if err != nil {
		return nil, err
	}
	marks, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a acknowledged, err error) {
		err = row.Scan(&a.partition, &a.position, &a.at)
		return a, err
	})
	if err != nil {
		return nil, errors.Join(errors.New("relay: reading the marks"), err)
	}
	return marks, nil
}
