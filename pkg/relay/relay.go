// Package relay publishes what a log maps to published events. (The lead's declarations so that others compile; the owner of this
// package replaces the file.)
package relay

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/es"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

type Mapper func(e es.Event) (proto.Message, error)

type Deps struct {
	Log    *es.Log
	Pool   *pgxpool.Pool
	Client *kafka.Client
	Logger *slog.Logger
}

func Run(ctx context.Context, d Deps, m Mapper) error { return nil }

func Server(d Deps, service string, m Mapper) busv1.PublishedServiceServer { return nil }

func Migrate(ctx context.Context, owner *pgx.Conn, role string) error { return nil }
