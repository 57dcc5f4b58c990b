package markdown_test

import (
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/services/content/internal/markdown"
)

// Bodies that made the parser work for minutes are refused unread, and the worst that is let through is read in a moment.
func TestIntricateBodiesAreRefusedUnread(t *testing.T) {
	for _, piece := range []string{"> ", ">", "1. ", "- ", "[a](", "![a](", "**a_ ", "_*", "[a]: b\n"} {
		if body := strings.Repeat(piece, 200_000/len(piece)); !markdown.TooIntricate(body) {
			t.Errorf("200,000 characters of %q would be parsed", piece)
		}
	}
	begun := time.Now()
	for piece, n := range map[string]int{"> ": markdown.MaxNesting, "[a](": markdown.MaxBrackets, "[a]: b\n": markdown.MaxBrackets, "**a_ ": markdown.MaxEmphasis / 3} {
		body := strings.Repeat(piece, n)
		if markdown.TooIntricate(body) {
			t.Errorf("%d times %q is within the limits", n, piece)
		}
		if _, _, err := markdown.Read(body); err != nil {
			t.Error(err)
		}
	}
	if spent := time.Since(begun); spent > 20*time.Second {
		t.Errorf("the worst that is let through took %v", spent)
	}
}

func TestOrdinaryBodiesAreNotIntricate(t *testing.T) {
	paragraph := "> - **Mục** [liên kết](https://haiphong.gov.vn/a_b_c) và *nghiêng*.\n\n---\n\n- - - - - - - -\n"
	if markdown.TooIntricate(strings.Repeat(paragraph, 1_500)) {
		t.Error("a long ordinary body is refused")
	}
}
