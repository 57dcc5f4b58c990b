// Command loa-broker is the local Kafka broker as a process of its own, for tests that restart it and kill it. Its first line of
// output is its address.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/loa-vn/loa/deploy/local/kafka"
)

func main() {
	data := flag.String("data", "", "folder of the records")
	address := flag.String("addr", "127.0.0.1:0", "loopback address to listen on; port 0 chooses a free one")
	attached := flag.Bool("attached", false, "end when the standard input ends, which is when the parent process ends")
	restart := flag.Bool("restart", false, "end the broker that runs on the folder and return when its supervisor has started another")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *restart {
		err = replace(ctx, *data)
	} else {
		err = serve(ctx, *data, *address, *attached)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "loa-broker:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, data, address string, attached bool) error {
	_, portText, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return err
	}
	options := kafka.Options{DataDir: data, Port: port, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	if port != 0 {
		options.PortSetting = "--addr"
	}
	broker, err := kafka.Start(ctx, options)
	if err != nil {
		return err
	}
	fmt.Println(broker.Address())
	if attached {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
	}
	<-ctx.Done()
	return broker.Stop()
}

// replace ends the broker on a folder and waits for the next one there. Two calls at once restart it twice, one after the other.
func replace(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	turn, err := os.OpenFile(data+".restart", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer turn.Close()
	if err := syscall.Flock(int(turn.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	holder := func() (int, error) {
		text, err := os.ReadFile(data + ".lock")
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(strings.TrimSpace(string(text)))
	}
	before, err := holder()
	if err != nil {
		return err
	}
	if err := syscall.Kill(before, syscall.SIGTERM); err != nil {
		return err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("no other broker started on %s: %w", data, ctx.Err())
		case <-tick.C:
		}
		if now, err := holder(); err == nil && now != before {
			return nil
		}
	}
}
