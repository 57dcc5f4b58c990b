package engines

import (
	"net"
	"path/filepath"
	"strconv"

	"github.com/loa-vn/loa/deploy/local/internal/keep"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
)

// DefaultTemporalUIAddr is where Temporal's web interface is unless set.
const DefaultTemporalUIAddr = "127.0.0.1:8233"

// portBook remembers the ports of the last start.
type portBook struct {
	Postgres   int `json:"postgres"`
	Kafka      int `json:"kafka"`
	Temporal   int `json:"temporal"`
	TemporalUI int `json:"temporalUI"`
	OIDC       int `json:"oidc"`
}

func portFile(directory string) string { return filepath.Join(directory, "ports.json") }

func readPorts(directory string) (portBook, error) {
	var book portBook
	_, err := keep.ReadJSON(portFile(directory), &book)
	return book, err
}

func (b portBook) write(directory string) error { return keep.WriteJSON(portFile(directory), b, 0o644) }

// wish is where an engine is to listen. With a setting the port was given by the user and must be had.
type wish struct {
	host    string
	port    int
	setting string
}

type wishes struct{ postgres, kafka, temporal, temporalUI, oidc wish }

func (b portBook) wishes(options Options) (wishes, error) {
	var w wishes
	ui := options.TemporalUIAddr
	if ui == "" {
		ui = DefaultTemporalUIAddr
	}
	for _, one := range []struct {
		into       *wish
		setting    string
		address    string
		remembered int
		anyHost    bool
	}{
		{&w.postgres, "LOA_POSTGRES_ADDR", options.PostgresAddr, b.Postgres, false},
		{&w.kafka, "LOA_KAFKA_ADDR", options.KafkaAddr, b.Kafka, false},
		{&w.temporal, "LOA_TEMPORAL_ADDR", options.TemporalAddr, b.Temporal, false},
		{&w.temporalUI, "LOA_TEMPORAL_UI_ADDR", ui, b.TemporalUI, true},
		{&w.oidc, "LOA_OIDC_ADDR", options.OIDCAddr, b.OIDC, false},
	} {
		var err error
		if *one.into, err = parse(one.setting, one.address, one.remembered); err != nil {
			return wishes{}, err
		}
		if ip := net.ParseIP(one.into.host); !one.anyHost && one.into.host != "" && (ip == nil || !ip.Equal(net.IPv4(127, 0, 0, 1))) {
			return wishes{}, netport.Mistake("%s=%s: this engine listens on 127.0.0.1 only", one.setting, one.address)
		}
	}
	return w, nil
}

// parse reads host:port; an empty address and port 0 fall back on the port that is remembered.
func parse(setting, address string, remembered int) (wish, error) {
	if address == "" {
		return wish{port: remembered}, nil
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return wish{}, netport.Mistake("%s=%s: an address is host:port: %v", setting, address, err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return wish{}, netport.Mistake("%s=%s: the port is a number from 0 to 65535", setting, address)
	}
	if port == 0 {
		return wish{host: host, port: remembered}, nil
	}
	return wish{host: host, port: int(port), setting: setting}, nil
}
