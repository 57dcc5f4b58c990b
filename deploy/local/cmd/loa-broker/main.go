// Command loa-broker is the local Kafka broker as a process of its own, the embedded one or Apache Kafka, for tests that restart it and
// kill it and for scripts/kafka.sh. Its first line of output is its address.
package main

import (
	"context"
	"errors"
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
	engine := flag.String("engine", string(kafka.Embedded), "embedded or apache")
	faults := flag.String("faults", "", "embedded: socket on which a test says what to do wrong")
	var apache kafka.ApacheOptions
	flag.StringVar(&apache.Program, "program", "", "apache: folder that scripts/kafka.sh fetch fills")
	flag.IntVar(&apache.Node, "node", 1, "apache: number of the node")
	flag.StringVar(&apache.Voters, "voters", "", "apache: the controllers, 1@host:port,2@host:port; empty is a node that is alone")
	flag.StringVar(&apache.Roles, "roles", "", "apache: broker,controller unless set")
	flag.StringVar(&apache.Cluster, "cluster", "", "apache: identifier of a new cluster; empty makes one")
	flag.StringVar(&apache.Archive, "archive", "", "apache: write the archive of classes to this path at the end")
	flag.Func("set", "apache: a further line of server.properties; may be repeated", func(line string) error {
		apache.Settings = append(apache.Settings, line)
		return nil
	})
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *restart {
		err = replace(ctx, *data)
	} else {
		err = serve(ctx, kafka.Options{DataDir: *data, Engine: kafka.Engine(*engine), Apache: apache}, *address, *faults, *attached)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "loa-broker:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, options kafka.Options, address, faults string, attached bool) error {
	_, portText, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return err
	}
	options.Port, options.Logger = port, slog.New(slog.NewTextHandler(os.Stderr, nil))
	if port != 0 {
		options.PortSetting = "--addr"
	}
	broker, err := kafka.Start(ctx, options)
	if err != nil {
		return err
	}
	if err := os.WriteFile(serving(options.DataDir), []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return errors.Join(err, broker.Stop(context.WithoutCancel(ctx)))
	}
	if faults != "" {
		if err := obey(ctx, broker, faults); err != nil {
			return errors.Join(err, broker.Stop(context.WithoutCancel(ctx)))
		}
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
	select {
	case <-ctx.Done():
	case <-broker.Ended():
		err = errors.New("the broker's process ended")
	}
	return errors.Join(err, broker.Stop(context.WithoutCancel(ctx)))
}

// serving is the file that names the process that serves the folder, or did so last.
func serving(data string) string { return data + ".serving" }

// replace ends the broker on a folder and waits for the next one there. Two calls at once restart it twice, one after the other.
func replace(ctx context.Context, data string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
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
		text, err := os.ReadFile(serving(data))
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
