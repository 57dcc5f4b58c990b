package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// at adds the moment to a path that has no query yet.
func at(path string, moment time.Time) string {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + "asOf=" + url.QueryEscape(moment.Format(time.RFC3339Nano))
}

// askedAsOf asks over REST what was before: one resource, its revisions and lists; and what cannot be asked.
func askedAsOf(t *testing.T, j *journey.Journey) {
	j = j.On(t)
	c := j.Client
	get := func(as, path string, moment time.Time, into proto.Message) system.Answer {
		t.Helper()
		return c.Must(system.Request{As: as, Method: http.MethodGet, Path: at(path, moment)}, into)
	}
	made := j.Draft("Tin như lúc đầu", "asof")
	path, born := "/v1/contents/"+made.GetId(), made.GetCreatedAt().AsTime()
	edited := &contentv1.Content{}
	c.Must(system.Request{
		As: "cv.stttt", Method: http.MethodPatch, Path: path + "?updateMask=title", IfMatch: made.GetEtag(), Key: "asof/edit",
		Body: &contentv1.Content{Title: "Tin sau khi sửa"},
	}, edited)
	changed := edited.GetUpdatedAt().AsTime()
	for moment, want := range map[time.Time]*contentv1.Content{born: made, changed.Add(-time.Microsecond): made, changed: edited} {
		then := &contentv1.Content{}
		a := get("cv.stttt", path, moment, then)
		if then.GetTitle() != want.GetTitle() || then.GetHash() != want.GetHash() || then.GetRevision() != want.GetRevision() || a.Header.Get("ETag") != want.GetEtag() {
			t.Errorf("as of %v the item was %v with %s, wanted %v", moment, then, a.Header.Get("ETag"), want)
		}
		revisions := &contentv1.ListRevisionsResponse{}
		get("cv.stttt", path+"/revisions", moment, revisions)
		if n := len(revisions.GetRevisions()); n != int(want.GetRevision()) {
			t.Errorf("as of %v there were %d revisions", moment, n)
		}
	}
	c.Refused(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: at(path, born.Add(-time.Microsecond))}, http.StatusNotFound, "NOT_FOUND")

	// What is public now was a draft, and listed nowhere as a publication, when it had just been written.
	drafted := j.Now.GetCreatedAt().AsTime()
	then, contents, publications := &contentv1.Content{}, &contentv1.ListContentsResponse{}, &distributionv1.ListPublicationsResponse{}
	get("cv.stttt", "/v1/contents/"+j.Now.GetId(), drafted, then)
	get("cv.stttt", "/v1/contents?state=draft", drafted, contents)
	get("bt.cong", "/v1/publications?content="+j.Now.GetId(), drafted, publications)
	listed := slices.ContainsFunc(contents.GetContents(), func(c *contentv1.Content) bool { return c.GetId() == j.Now.GetId() })
	if then.GetState() != "draft" || !listed || len(publications.GetPublications()) != 0 {
		t.Errorf("when it was written: %s, among the drafts: %v, publications: %v", then.GetState(), listed, publications.GetPublications())
	}
	c.Must(system.Request{As: "bt.cong", Method: http.MethodGet, Path: "/v1/publications?content=" + j.Now.GetId()}, publications)
	if len(publications.GetPublications()) != 1 {
		t.Errorf("publications now: %v", publications.GetPublications())
	}
	// Another agency may read it today, and could not then.
	c.Must(system.Request{As: "cv.snv", Method: http.MethodGet, Path: "/v1/contents/" + j.Now.GetId()}, then)
	c.Refused(system.Request{As: "cv.snv", Method: http.MethodGet, Path: at("/v1/contents/"+j.Now.GetId(), drafted)}, http.StatusNotFound, "NOT_FOUND")

	plans, dossiers := &planningv1.ListPlansResponse{}, &approvalsv1.ListDossiersResponse{}
	recorded := j.Current.GetRecordedAt().AsTime()
	get("cv.stttt", "/v1/plans", recorded, plans)
	before := len(plans.GetPlans())
	get("cv.stttt", "/v1/plans", recorded.Add(-time.Microsecond), plans)
	if before != len(plans.GetPlans())+1 {
		t.Errorf("%d plans when it was recorded, %d before", before, len(plans.GetPlans()))
	}
	get("cv.stttt", "/v1/dossiers?document="+j.Now.GetId(), drafted, dossiers)
	if len(dossiers.GetDossiers()) != 0 {
		t.Errorf("dossiers of a draft: %v", dossiers.GetDossiers())
	}

	future := time.Now().Add(time.Hour).UTC()
	for language, want := range map[string]string{
		"vi": "Thời điểm " + future.Format(time.RFC3339) + " chưa tới; asOf chỉ hỏi được về quá khứ.",
		"en": "The moment " + future.Format(time.RFC3339) + " has not come yet; asOf asks about the past.",
	} {
		for _, of := range []string{path, "/v1/contents", "/v1/people", "/v1/publications", "/v1/reports", "/v1/routes/content"} {
			p := c.Refused(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: at(of, future.Truncate(time.Second)), Language: language},
				http.StatusUnprocessableEntity, "AS_OF_FUTURE")
			if p.Detail != want {
				t.Errorf("%s: %q, wanted %q", of, p.Detail, want)
			}
		}
	}
	for language, want := range map[string]string{"vi": "không đúng dạng", "en": "is not a valid"} {
		p := c.Refused(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: path + "?asOf=" + url.QueryEscape("hôm qua"), Language: language},
			http.StatusBadRequest, "UNREADABLE")
		if len(p.Errors) != 1 || p.Errors[0].Field != "asOf" || !strings.Contains(p.Errors[0].Detail, want) {
			t.Errorf("unreadable: %+v", p)
		}
	}
	c.Refused(system.Request{As: "cv.stttt", Method: http.MethodPost, Path: at(path+":submit", born), Body: "{}", Key: "asof/submit"}, http.StatusBadRequest, "UNKNOWN_FIELD")
}

// rebuiltIsLive holds every read model of every service, after what the journey did, against a rebuild by `loa replay` and against
// the fold as of now: the same rows.
func rebuiltIsLive(t *testing.T, s *system.System) {
	models := 0
	for _, m := range services.All() {
		if m.Catalogue == nil {
			continue
		}
		owner := s.Owner(t, m.Name)
		// Something may still come by the bus: rows are compared where the log did not grow meanwhile.
		var differ string
		system.Eventually(t, system.Patience, func() (bool, string) {
			head := settled(t, owner, m.Name)
			live := dump(t, owner, m)
			asOf := dumpAsOf(t, s, m)
			if out, problems, code := s.Run(t.Context(), "replay", m.Name); code != 0 {
				t.Fatalf("loa replay %s: %s%s", m.Name, out, problems)
			}
			rebuilt := dump(t, owner, m)
			differ = difference(live, rebuilt, "rebuilt") + difference(live, asOf, "as of now")
			return settled(t, owner, m.Name) == head, "the log of " + m.Name + " still grows"
		})
		if differ != "" {
			t.Errorf("%s: %s", m.Name, differ)
		}
		models += len(m.Projections)
	}
	if models < 6 {
		t.Errorf("%d read models were compared", models)
	}
}

// settled waits until every live read model of a module has applied the whole log, and gives its last position.
func settled(t *testing.T, owner *pgx.Conn, module string) (head int64) {
	t.Helper()
	system.Eventually(t, system.Patience, func() (bool, string) {
		var behind int64
		err := owner.QueryRow(t.Context(), `SELECT e.head, max(e.head - c.position) FROM (SELECT max(position) AS head FROM es.event) e,
			es.projection p JOIN es.checkpoint c ON c.name = p.name AND c.generation = p.live GROUP BY 1`).Scan(&head, &behind)
		if err != nil {
			t.Fatal(err)
		}
		return behind == 0, fmt.Sprintf("a read model of %s is %d events behind", module, behind)
	})
	return head
}

// dump gives every row of a module's live read models.
func dump(t *testing.T, owner *pgx.Conn, m app.Module) (rows []string) {
	t.Helper()
	for _, p := range m.Projections {
		err := pgx.BeginFunc(t.Context(), owner, func(tx pgx.Tx) error {
			var schema string
			if err := tx.QueryRow(t.Context(), "SELECT es.enter($1)", p.Name).Scan(&schema); err != nil {
				return err
			}
			return dumpSchema(t.Context(), tx, p.Name, "current_schema()::regnamespace", &rows)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// dumpAsOf gives every row of a module's read models as of now, built by the service's own role.
func dumpAsOf(t *testing.T, s *system.System, m app.Module) (rows []string) {
	t.Helper()
	address, err := url.Parse(s.Engines().PostgresURL)
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/loa_" + m.Name
	config, err := pgxpool.ParseConfig(address.String())
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.RuntimeParams["role"] = "loa_" + m.Name
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	log, err := es.Open(t.Context(), pool, m.Catalogue, es.Options{Service: m.Name})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	now, err := log.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	then, err := log.AsOf(t.Context(), now, m.Projections)
	for _, p := range m.Projections {
		err = errors.Join(err, es.Query(then, pool, p.Name, func(tx pgx.Tx) error {
			return dumpSchema(t.Context(), tx, p.Name, "pg_my_temp_schema()", &rows)
		}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// atRestEmpty says that a table holds what is under way alone: files of results whose rows are no results yet.
func atRestEmpty(projection, table string) bool {
	return projection == "results" && table == "import_part"
}

func dumpSchema(ctx context.Context, tx pgx.Tx, projection, schema string, rows *[]string) error {
	found, err := tx.Query(ctx, "SELECT relname::text FROM pg_class WHERE relnamespace = "+schema+" AND relkind = 'r' ORDER BY 1")
	if err != nil {
		return err
	}
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if len(tables) == 0 {
		return fmt.Errorf("the read model %s has no tables", projection)
	}
	for _, table := range tables {
		found, err := tx.Query(ctx, "SELECT t::text FROM "+pgx.Identifier{table}.Sanitize()+" t ORDER BY 1")
		if err != nil {
			return err
		}
		texts, err := pgx.CollectRows(found, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if empty := len(texts) == 0; empty != atRestEmpty(projection, table) {
			return fmt.Errorf("the table %s of %s is empty: %t, so comparing it shows nothing", table, projection, empty)
		}
		for _, text := range texts {
			*rows = append(*rows, projection+"."+table+" "+text)
		}
	}
	return nil
}

func difference(live, other []string, what string) string {
	var all strings.Builder
	for _, row := range live {
		if !slices.Contains(other, row) {
			fmt.Fprintf(&all, "\nlive, not %s: %.300s", what, row)
		}
	}
	for _, row := range other {
		if !slices.Contains(live, row) {
			fmt.Fprintf(&all, "\n%s, not live: %.300s", what, row)
		}
	}
	if all.Len() == 0 && len(live) != len(other) {
		fmt.Fprintf(&all, "\n%d rows live, %d %s", len(live), len(other), what)
	}
	return all.String()
}
