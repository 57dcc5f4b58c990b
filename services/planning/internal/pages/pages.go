// Package pages knows under which plan item each page of the portal was published. Results made outside Loa are held against it, so that
// what Loa publishes, which counts by itself, is not recorded as well.
package pages

import (
	"context"
	_ "embed" // the tables
	"errors"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

//go:embed tables.sql
var tables string

// Tables is the SQL that creates the table in the schema planning. It may run again.
func Tables() string { return tables }

// Keep notes the pages of a publication: a corrected one may have another slug, and the old one leads to it for ever.
func Keep(ctx context.Context, tx pgx.Tx, publication, slug string, c *contentv1.Content) error {
	for _, path := range []string{"/tin/" + slug, "/xac-thuc/" + c.GetHash()} {
		_, err := tx.Exec(ctx, `INSERT INTO planning.page (path, item, publication) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			path, c.GetPlanItem(), publication)
		if err != nil {
			return err
		}
	}
	return nil
}

// Path gives the page that a link leads to: "" when it is none that shows a publication of the portal at that address. The English
// page, the print view and the plain one are one page.
func Path(portal, link string) string {
	home, err1 := url.Parse(portal)
	u, err2 := url.Parse(link)
	if errors.Join(err1, err2) != nil || home.Host == "" || !strings.EqualFold(bare(home), bare(u)) {
		return ""
	}
	path := strings.TrimSuffix(u.Path, "/")
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/en"), "/in")
	if strings.HasPrefix(path, "/tin/") || strings.HasPrefix(path, "/xac-thuc/") {
		return path
	}
	return ""
}

// bare is the host without what does not tell one site from another.
func bare(u *url.URL) string {
	host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	return strings.TrimSuffix(strings.TrimSuffix(host, ":80"), ":443")
}

// Of gives the plan items that a page was published under; none for a page that is not known.
func Of(ctx context.Context, pool *pgxpool.Pool, path string) ([]string, error) {
	rows, err := pool.Query(ctx, `SELECT DISTINCT item FROM planning.page WHERE path = $1 ORDER BY item`, path)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
