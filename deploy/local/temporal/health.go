package temporal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

// workflowService is the name under which the frontend reports its health.
const workflowService = "temporal.api.workflowservice.v1.WorkflowService"

// awaitReady returns when the frontend serves, knows the namespace and the web interface answers. It returns
// errUnusable if the server ends meanwhile.
func (s *Server) awaitReady(ctx context.Context) error {
	connection, err := grpc.NewClient(s.Address(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.2, MaxDelay: 100 * time.Millisecond},
			MinConnectTimeout: time.Second,
		}))
	if err != nil {
		return err
	}
	defer connection.Close()
	for {
		err := s.probe(ctx, connection)
		if err == nil {
			return nil
		}
		select {
		case <-s.process.Ended():
			return s.files.explainEnd(s.process.Err())
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w\n%s", errors.Join(ctx.Err(), err), s.files.lastLog())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) probe(ctx context.Context, connection *grpc.ClientConn) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	health, err := grpc_health_v1.NewHealthClient(connection).Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: workflowService})
	if err != nil {
		return err
	}
	if health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("the frontend is %s", health.GetStatus())
	}
	namespace := &workflowservice.DescribeNamespaceRequest{Namespace: Namespace}
	if _, err := workflowservice.NewWorkflowServiceClient(connection).DescribeNamespace(ctx, namespace); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+s.ui, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// explainEnd tells a server that could not use its file from one that was killed or found its port taken.
func (f files) explainEnd(cause error) error {
	log := f.lastLog()
	var exit *exec.ExitError
	if !errors.As(cause, &exit) || !exit.Exited() || strings.Contains(log, "address already in use") {
		return fmt.Errorf("the server ended while it started (%w)\n%s", cause, log)
	}
	return fmt.Errorf("%w (%w)\n%s", errUnusable, cause, log)
}

// lastLog is the end of the server's log, for an error.
func (f files) lastLog() string {
	const keep = 2000
	file, err := os.Open(f.log())
	if err != nil {
		return ""
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > keep {
		_, _ = file.Seek(-keep, io.SeekEnd)
	}
	content, _ := io.ReadAll(file)
	return string(content)
}
