package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSecretsAreNeverPrinted(t *testing.T) {
	c := Config{
		PostgresURL: "postgres://owner:hunter2@db/loa", DigestKey: "0011", CheckpointKey: "PRIVATE+KEY+hunter2", OIDCClientSecrets: Secrets{"worker": "hunter2"},
		Databases: Databases{"planning": "postgres://loa_planning:hunter2@db/loa_planning"},
	}
	inJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{string(inJSON), fmt.Sprintf("%v %+v", c, c)}
	for _, s := range Settings(&c) {
		printed = append(printed, s.Name+"="+s.Value)
	}
	for _, text := range printed {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "0011") {
			t.Errorf("a secret stands in %s", text)
		}
	}
}

func TestPairsRoundTrip(t *testing.T) {
	var d Databases
	text := "content=postgres://a:b@h/c?x=1;planning=postgres://p:q@h/r"
	if err := d.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if got := Pairs(d); got != text {
		t.Errorf("got %q", got)
	}
	var a Addresses
	if err := a.UnmarshalText([]byte("planning")); err == nil {
		t.Error("a pair without = was taken")
	}
}

func TestCheckNamesTheSetting(t *testing.T) {
	right := Config{HTTPAddr: "127.0.0.1:8080", RatePerSecond: 50, PortalMemory: 256, CheckpointEvery: time.Minute}
	if err := right.Check(); err != nil {
		t.Fatal(err)
	}
	for setting, wrong := range map[string]Config{
		"LOA_HTTP_ADDR":       {HTTPAddr: "8080", RatePerSecond: 50},
		"LOA_PUBLIC_URL":      {HTTPAddr: ":80", PublicURL: "loa.example", RatePerSecond: 50},
		"LOA_DIGEST_KEY":      {HTTPAddr: ":80", DigestKey: "abcd", RatePerSecond: 50},
		"LOA_RATE_PER_SECOND": {HTTPAddr: ":80"},

		"LOA_CHECKPOINT_EVERY": {HTTPAddr: ":80", RatePerSecond: 50, PortalMemory: 256},
		"LOA_PORTAL_MEMORY":    {HTTPAddr: ":80", RatePerSecond: 50, PortalMemory: 15},
	} {
		if err := wrong.Check(); err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestUnknownEnvironmentIsNamed(t *testing.T) {
	t.Setenv("LOA_HTTP_ADR", "127.0.0.1:80")
	t.Setenv("LOA_HTTP_ADDR", "127.0.0.1:80")
	if got := UnknownEnvironment(Config{}); !slices.Contains(got, "LOA_HTTP_ADR") || slices.Contains(got, "LOA_HTTP_ADDR") {
		t.Errorf("got %q", got)
	}
}

func TestExportingFollowsTheStandardSettings(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "none")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
	if Exporting("TRACES") || !Exporting("METRICS") {
		t.Error("none and an endpoint")
	}
	t.Setenv("OTEL_SDK_DISABLED", "true")
	if Exporting("METRICS") {
		t.Error("disabled")
	}
}
