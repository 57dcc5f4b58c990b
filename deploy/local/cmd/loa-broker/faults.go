package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/loa-vn/loa/deploy/local/kafka"
)

// obey serves a test's orders to misbehave, on a socket that only its user can reach.
func obey(ctx context.Context, broker *kafka.Broker, socket string) error {
	_ = os.Remove(socket) // one that was killed has left it
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return err
	}
	orders := http.NewServeMux()
	order(orders, "POST /misbehave", func(_ context.Context, f kafka.Faults) error { return broker.Misbehave(f) })
	order(orders, "POST /cut", func(ctx context.Context, c struct {
		Topic     string
		Partition int32
		Before    int64
	},
	) error {
		return broker.Cut(ctx, c.Topic, c.Partition, c.Before)
	})
	order(orders, "POST /compact", func(context.Context, struct{}) error { return broker.Compact() })
	server := &http.Server{Handler: orders, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "loa-broker: orders to misbehave are not heard:", err)
		}
	}()
	return nil
}

// order is one kind of order, with its particulars as JSON.
func order[P any](on *http.ServeMux, pattern string, do func(ctx context.Context, particulars P) error) {
	on.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var particulars P
		err := json.NewDecoder(r.Body).Decode(&particulars)
		if err == nil {
			err = do(r.Context(), particulars)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}
