package planning

import (
	"context"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	"github.com/loa-vn/loa/services/planning/internal/pages"
)

// publishedPages keeps which pages the portal has under which plan item.
func publishedPages() bus.Consumer {
	name := func(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }
	return bus.Consumer{
		Name: "planning.pages", Sources: []string{"distribution"},
		Types: []string{name(&distributionv1.PublicationPublished{}), name(&distributionv1.PublicationCorrected{})},
		Handle: func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
			for _, m := range messages {
				var err error
				switch p := m.Payload.(type) {
				case *distributionv1.PublicationPublished:
					err = pages.Keep(ctx, tx, p.GetPublication(), p.GetSlug(), p.GetContent())
				case *distributionv1.PublicationCorrected:
					err = pages.Keep(ctx, tx, p.GetPublication(), p.GetSlug(), p.GetContent())
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}
