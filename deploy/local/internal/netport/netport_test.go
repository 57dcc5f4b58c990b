package netport

import (
	"net"
	"strings"
	"testing"
)

func TestPortSetByTheUserIsHadOrRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := taken.Addr().(*net.TCPAddr).Port
	if _, err := Choose("127.0.0.1", port, "LOA_X_ADDR"); err == nil || !strings.HasPrefix(err.Error(), "LOA_X_ADDR=127.0.0.1:") {
		t.Errorf("in use: %v", err)
	}
	other, err := Choose("127.0.0.1", port, "")
	if err != nil || other == port || other < lowest || other > highest {
		t.Errorf("a remembered port in use became %d, %v", other, err)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"LOA_X_ADDR", ""} {
		if got, err := Choose("127.0.0.1", port, setting); err != nil || got != port {
			t.Errorf("free, setting %q: %d, %v", setting, got, err)
		}
	}
}
