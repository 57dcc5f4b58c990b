package auth

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/directory"
)

// Policies of every shape of scope, beside those of the services: some for any action, and some that fail for want of an attribute.
const shapes = `
permit (principal is Loa::Person, action, resource) when { resource has owner && resource.owner == principal };
forbid (principal, action, resource is Loa::Content) when { resource.state == "expired" };
forbid (principal, action == Loa::Action::"GetContent", resource) when { resource.approver };
permit (principal == Loa::Service::"worker", action in Loa::Action::"ListContents", resource);
permit (principal, action in [Loa::Action::"GetContent", Loa::Action::"ListContents", Loa::Action::"GetContent"], resource is Loa::Log);
`

// What the policies of a request's action decide is what all policies decide, and their error is the same.
func TestPoliciesOfAnActionDecideAsAllPolicies(t *testing.T) {
	text := []byte(shapes + string(base))
	services := os.DirFS("../../services")
	err := fs.WalkDir(services, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".cedar") {
			return err
		}
		more, err := fs.ReadFile(services, path)
		text = append(text, more...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := cedar.NewPolicyListFromBytes("all", text)
	if err != nil {
		t.Fatal(err)
	}
	decided := map[bool]int{}
	// Those for any action stand first, last and between.
	for _, order := range [][]*cedar.Policy{read, slices.Concat(read[2:], read[:2]), slices.Concat(read[2:40], read[:2], read[40:])} {
		x, whole := index{of: map[types.EntityUID]list{}}, list{}
		for i, policy := range order {
			p := named{cedar.PolicyID(rune('a' + i)), policy}
			x.add(p)
			whole = append(whole, p)
		}
		find := func(pattern string) []string {
			found := []string{"other"}
			for _, match := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
				found = append(found, string(match[1]))
			}
			slices.Sort(found)
			return slices.Compact(found)
		}
		actions, kinds, words := find(`Loa::Action::"(\w+)"`), find(`resource is Loa::(\w+)`), find(`[[ ]"([^" ]+)"`)
		word := rapid.SampledFrom(words)
		value := rapid.OneOf(rapid.Map(word, toAny), rapid.Map(rapid.Bool(), toAny), rapid.Map(rapid.IntRange(0, 9), toAny),
			rapid.Map(rapid.SliceOfN(word, 0, 3), toAny), rapid.Just[any](Ref{"Person", "one"}), rapid.Just[any](time.Unix(0, 0)))
		attributes := rapid.MapOfN(rapid.SampledFrom(find(`resource(?:\.| has )(\w+)`)), value, 0, 12)
		ask := func(t *rapid.T) {
			caller := rapid.SampledFrom([]Principal{
				{Subject: "stranger"},
				{Subject: "service:worker", Service: word.Draw(t, "service")},
				{Subject: "one", Person: &directory.Person{ID: "one", Role: word.Draw(t, "role"), Agency: word.Draw(t, "agency"), Unit: word.Draw(t, "unit")}},
			}).Draw(t, "caller")
			resource := Resource{Type: rapid.SampledFrom(kinds).Draw(t, "kind"), ID: "r", Attributes: attributes.Draw(t, "attributes")}
			object, err := resource.entity()
			if err != nil {
				t.Fatal(err)
			}
			subject := subjectEntity(caller)
			request := cedar.Request{
				Principal: subject.UID, Resource: object.UID,
				Action: types.NewEntityUID("Loa::Action", types.String(rapid.SampledFrom(actions).Draw(t, "action"))),
			}
			want, wrong := judge(whole, pair{subject, object}, request)
			got, fault := judge(x.about(request.Action), pair{subject, object}, request)
			if got != want || (fault == nil) != (wrong == nil) || fault != nil && fault.Error() != wrong.Error() {
				t.Fatalf("%v %v; of all policies %v %v", got, fault, want, wrong)
			}
			decided[got]++
		}
		rapid.Check(t, func(t *rapid.T) {
			for range 20 {
				ask(t)
			}
		})
		if n := len(x.about(types.NewEntityUID("Loa::Action", "GetContent"))); n >= len(whole)/4 {
			t.Errorf("%d of %d policies are asked about one action", n, len(whole))
		}
	}
	if decided[true] == 0 || decided[false] == 0 {
		t.Errorf("only one answer was tried: %v", decided)
	}
}

func toAny[T any](v T) any { return v }
