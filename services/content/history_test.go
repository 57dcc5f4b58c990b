package content

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/content/internal/item"
)

const past = "plan_item,title,summary,body,published_at,theme,audiences,channels,agency,source_line,attachment_title,attachment_date,example\n" +
	`item_1,Một,Tóm tắt,"## Mục

Nội dung, **đậm**",2022-03-01T13:20,chi-tieu,nguoi-dan;doanh-nghiep,cong,,Sở TT&TT,Kế hoạch 38,2022-02-23,true` + "\n" +
	"item_2,Hai,Tóm tắt,Nội dung,2022-03-02,,,,H24.03,,,,\n" +
	"item_1,Ba,Tóm tắt,Nội dung,2022-03-03T08:00:00+07:00,,,,,,,,false\n"

func TestManyAreImportedAtOnce(t *testing.T) {
	s := newService(t)
	tried, err := s.ImportPublishedCsv(s.As("luu.tru"), &contentv1.ImportPublishedCsvRequest{Csv: []byte(past), DryRun: true})
	if err != nil || tried.GetImport() != "" || len(tried.GetRows()) != 3 || tried.GetRows()[0].GetContent() != "" || tried.GetRows()[0].GetAgency() != "H24.02" || s.Recorded() != 0 {
		t.Fatalf("tried: %v, %v", tried, err)
	}
	done, err := s.ImportPublishedCsv(s.As("luu.tru"), &contentv1.ImportPublishedCsvRequest{Csv: []byte(past)})
	if err != nil || !strings.HasPrefix(done.GetImport(), "import_") || len(done.GetRows()) != 3 {
		t.Fatalf("imported: %v, %v", done, err)
	}
	var rows []int32
	for i, row := range done.GetRows() {
		rows = append(rows, row.GetRow())
		c := s.get("cv.snv", row.GetContent())
		if c.GetState() != "published" || !c.GetImported() || c.GetTitle() != row.GetTitle() || c.GetHash() != row.GetHash() || c.GetHash() != tried.GetRows()[i].GetHash() ||
			!c.GetPublishedAt().AsTime().Equal(row.GetPublishedAt().AsTime()) {
			t.Errorf("line %d: %v", row.GetRow(), c)
		}
	}
	if !slices.Equal(rows, []int32{2, 5, 6}) {
		t.Errorf("the lines are %v", rows)
	}
	first := s.get("cv.snv", done.GetRows()[0].GetContent())
	if at := time.Date(2022, 3, 1, 6, 20, 0, 0, time.UTC); !first.GetPublishedAt().AsTime().Equal(at) || len(first.GetAudiences()) != 2 || first.GetAttachment().GetDate() != "2022-02-23" || !first.GetExample() || first.GetTheme() != "chi-tieu" {
		t.Errorf("the first: %v", first)
	}
	if second := s.get("cv.snv", done.GetRows()[1].GetContent()); second.GetAgency() != "H24.03" || second.GetTheme() != "mot-cua" || second.GetExample() {
		t.Errorf("the second: %v", second)
	}
	// One event for all, then one for each, told to the others at the time it happened.
	events, err := s.Host.Log.Read(t.Context(), 0, 100)
	if err != nil || len(events) != 4 || events[0].Type != "content.history_imported.v2" {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if m, err := publish(events[0]); m != nil || err != nil {
		t.Errorf("the import itself is published as %v, %v", m, err)
	}
	for _, e := range events[1:] {
		m, err := publish(e)
		if imported, ok := m.(*contentv1.ContentImported); err != nil || !ok || !imported.GetContent().GetImported() || e.Actor != "luu.tru" || e.HappenedAt.Year() != 2022 {
			t.Errorf("published as %v, %v", m, err)
		}
	}
	list, err := s.ListContents(s.As("cv.snv"), &contentv1.ListContentsRequest{State: "published"})
	if err != nil || len(list.GetContents()) != 3 {
		t.Errorf("listed: %v, %v", list, err)
	}
	// The same file again, under another key, is the same import.
	again, err := s.ImportPublishedCsv(s.As("luu.tru"), &contentv1.ImportPublishedCsvRequest{Csv: []byte(past)})
	if err != nil || again.GetImport() != done.GetImport() || s.Recorded() != 4 {
		t.Errorf("again: %v, %v, %d events", again.GetImport(), err, s.Recorded())
	}
}

// A process that is killed between the import and its items leaves the rest to the one that follows the log, whatever was done already.
func TestAnImportThatWasCutOffIsFinishedByTheFollower(t *testing.T) {
	s := newService(t)
	ctx, kill := context.WithCancel(s.As("luu.tru"))
	file, digest, err := readHistory([]byte(past))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.server.historyRows(t.Context(), file, digest)
	if err != nil {
		t.Fatal(err)
	}
	kill()
	if _, err := s.server.expandImport(ctx, "import_x", rows, "luu.tru", "H24.02", ""); !errors.Is(err, context.Canceled) && errs.ReasonOf(err) == errorsv1.Reason_REASON_UNSPECIFIED {
		t.Fatalf("killed: %v", err)
	}
	if _, err := s.server.expandImport(t.Context(), "import_x", rows[1:2], "luu.tru", "H24.02", ""); err != nil {
		t.Fatal(err)
	}
	// What the command had recorded, without what follows from it.
	s.recordImport(rows)
	follow, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.server.expand(follow) }()
	for deadline := time.Now().Add(20 * time.Second); s.Recorded() < 4; {
		if time.Now().After(deadline) {
			t.Fatalf("there are %d events", s.Recorded())
		}
		<-time.After(10 * time.Millisecond)
	}
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(10 * time.Millisecond) {
		var at int64
		if err := s.Host.Pool.QueryRow(t.Context(), `SELECT position FROM content.expanded`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		if at >= 2 || time.Now().After(deadline) {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, row := range rows {
		if c := s.get("cv.snv", row.Content); !c.GetImported() {
			t.Errorf("line %d: %v", row.Row, c)
		}
	}
	// Started again, it begins where it was.
	follow, stop = context.WithCancel(t.Context())
	go func() { ended <- s.server.expand(follow) }()
	stop()
	if err := <-ended; err != nil || s.Recorded() != 4 {
		t.Errorf("%d events, %v", s.Recorded(), err)
	}
}

// recordImport appends an import's event as its command does.
func (s *service) recordImport(rows []item.HistoryRow) {
	s.Helper()
	name, command := "import_01k8z9v6w5qj3c7n2m4x8r1t0a", commandOf("import")
	if _, err := s.server.histories.Execute(s.Context(), name, command, func(h *item.History, _ int64) ([]any, error) { return h.Import(rows) }); err != nil {
		s.Fatal(err)
	}
}

func TestEveryWrongLineIsNamed(t *testing.T) {
	s := newService(t)
	head, rest, _ := strings.Cut(past, "\n")
	for _, c := range []struct{ name, csv, want string }{
		{"nothing", "", "csv MISSING_COLUMN 1 plan_item, csv MISSING_COLUMN 1 title, csv MISSING_COLUMN 1 summary, csv MISSING_COLUMN 1 body, csv MISSING_COLUMN 1 published_at"},
		{"no line", head + "\n", "csv HISTORY_EMPTY 0 "},
		{"another column", head + ",x\n" + rest, "csv UNKNOWN_COLUMN 1 x"},
		{"a column twice", head + ",title\n" + rest, "csv DUPLICATE 1 title"},
		{"not UTF-8", head + "\nitem_1,\xff\n", "csv BAD_ENCODING 2 "},
		{"a broken quote", head + "\n\"item_1\n", "csv BAD_FORMAT 2 "},
		{"too few cells", head + "\nitem_1,a\n", "csv BAD_FORMAT 2 "},
		{
			"each line", "plan_item,title,summary,body,published_at,agency,audiences,attachment_title,attachment_date,example\n" +
				"item_9,A,s,b,2022-03-01,,,,,\nitem_1,,s,<b>x</b>,hôm qua,,,,,\nitem_1,B,s,b,2999-01-01,H99,x;y,,2022-02-30,có\nitem_1,C,TỐI MẬT,b,2022-03-01,,,,,\nitem_1,C,s,b,2022-03-01,,,,,\n",
			"csv REQUIRED 2 theme, csv REQUIRED 2 audiences, csv REQUIRED 2 channels, csv UNKNOWN_PLAN_ITEM 2 plan_item, " +
				"csv BAD_MOMENT 3 published_at, csv REQUIRED 3 title, csv ACTIVE_CONTENT 3 body, csv ACTIVE_CONTENT 3 body, " +
				"csv BAD_FORMAT 4 example, csv REQUIRED 4 attachment_title, csv BAD_DATE 4 attachment_date, csv UNKNOWN_AUDIENCE 4 audiences, csv UNKNOWN_AUDIENCE 4 audiences, csv BAD_FORMAT 4 published_at, csv UNKNOWN_AGENCY 4 agency, " +
				"csv SECRECY_MARK 5 summary, csv DUPLICATE 6 title",
		},
	} {
		for _, dry := range []bool{true, false} {
			_, err := s.ImportPublishedCsv(s.As("luu.tru"), &contentv1.ImportPublishedCsvRequest{Csv: []byte(c.csv), DryRun: dry})
			var got []string
			if e, ok := errors.AsType[*errs.Error](err); ok {
				for _, f := range e.Fields {
					got = append(got, strings.TrimSpace(strings.Join([]string{f.Field, f.Reason.String(), itoa(f.Row), f.Column}, " ")))
				}
			}
			want := strings.Split(c.want, ", ")
			for i := range want {
				want[i] = strings.TrimSpace(want[i])
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s:\n got %q\nwant %q", c.name, got, want)
			}
		}
	}
	if s.Recorded() != 0 {
		t.Error("something was recorded")
	}
	for _, person := range []string{"cv.stttt", "quan.tri", "gd.stttt"} {
		_, err := s.ImportPublishedCsv(s.As(person), &contentv1.ImportPublishedCsvRequest{Csv: []byte(past)})
		reason(t, err, errorsv1.Reason_FORBIDDEN)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// commandOf is a command of its own.
func commandOf(key string) es.Command {
	return es.Command{Key: id.Derive(time.Time{}, "test", key), Digest: []byte(key), HappenedAt: time.Now(), Actor: "luu.tru", Agency: "H24.02"}
}
