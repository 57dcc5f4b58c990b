package kafka

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	client "github.com/segmentio/kafka-go"

	"github.com/loa-vn/loa/deploy/local/internal/child"
	"github.com/loa-vn/loa/deploy/local/internal/netport"
)

// apacheFolder is where the project's script puts the jars.
const apacheFolder = "../../../bin/kafka"

// withApache has the jars fetched, unless they are there.
func withApache(t *testing.T) Options {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "../../../scripts/kafka.sh", "fetch").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return Options{DataDir: filepath.Join(t.TempDir(), "kafka"), Engine: Apache, Apache: ApacheOptions{Program: apacheFolder}}
}

func setAside(t *testing.T, directory string) int {
	t.Helper()
	aside, err := filepath.Glob(directory + ".set-aside-*")
	if err != nil {
		t.Fatal(err)
	}
	return len(aside)
}

func TestApacheKeepsRecordsAndOffsetsOverStopAndKill(t *testing.T) {
	t.Parallel()
	options := withApache(t)
	first := start(t, options)
	if !first.Anew() || first.Pid() == 0 {
		t.Errorf("an empty directory: new %v, process %d", first.Anew(), first.Pid())
	}
	createTopic(t, first.Address())
	produce(t, first.Address(), "a", "b")
	kafka := connect(t, first.Address())
	until(t, "the offset is committed", func() error {
		response, err := kafka.OffsetCommit(t.Context(), &client.OffsetCommitRequest{
			GroupID: "reporting", GenerationID: -1, Topics: map[string][]client.OffsetCommit{topic: {{Partition: 1, Offset: 1}}},
		})
		if err == nil {
			err = response.Topics[topic][0].Error
		}
		return err
	})
	metadata, err := kafka.Metadata(t.Context(), &client.MetadataRequest{Topics: []string{"loa.unknown.events.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	if metadata.ClusterID != first.ClusterID() {
		t.Errorf("clients see the cluster %q, and it is %q", metadata.ClusterID, first.ClusterID())
	}
	if !errors.Is(metadata.Topics[0].Error, client.UnknownTopicOrPartition) {
		t.Errorf("asking for a topic makes it: %v", metadata.Topics[0].Error)
	}
	stop(t, first)
	if child.Running(first.Pid()) {
		t.Error("it runs after the stop")
	}

	// A process that runs it and is killed with -9.
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"="+options.DataDir, engineVariable+"="+string(Apache))
	parent.Stderr = os.Stderr
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	produce(t, strings.TrimSpace(address), "c")
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()

	second := start(t, options)
	defer stop(t, second)
	if second.Anew() || second.ClusterID() != first.ClusterID() {
		t.Errorf("the broker changed: new %v, id %s then %s", second.Anew(), first.ClusterID(), second.ClusterID())
	}
	expect(t, fetch(t, second.Address(), 3), "0=a 1=b 2=c")
	kafka = connect(t, second.Address())
	until(t, "the committed offset is 1", func() error {
		response, err := kafka.OffsetFetch(t.Context(), &client.OffsetFetchRequest{GroupID: "reporting", Topics: map[string][]int{topic: {1}}})
		if err == nil {
			err = response.Error
		}
		if err == nil && response.Topics[topic][0].CommittedOffset != 1 {
			err = fmt.Errorf("it is %d", response.Topics[topic][0].CommittedOffset)
		}
		return err
	})
}

func TestUnreadableStorageIsSetAside(t *testing.T) {
	t.Parallel()
	options := withApache(t)
	broker := start(t, options)
	stop(t, broker)
	damaged := filepath.Join(options.DataDir, "data", "meta.properties")
	if err := os.WriteFile(damaged, []byte("version=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := start(t, options)
	defer stop(t, again)
	if !again.Anew() || again.ClusterID() == broker.ClusterID() || setAside(t, options.DataDir) != 1 {
		t.Errorf("new %v, cluster %s then %s, %d set aside", again.Anew(), broker.ClusterID(), again.ClusterID(), setAside(t, options.DataDir))
	}
}

func TestDirectoryOfTheOtherEngineIsSetAside(t *testing.T) {
	t.Parallel()
	options := withApache(t)
	stop(t, start(t, Options{DataDir: options.DataDir}))
	broker := start(t, options)
	if !broker.Anew() || setAside(t, options.DataDir) != 1 {
		t.Errorf("Apache Kafka on the embedded broker's directory: new %v, %d set aside", broker.Anew(), setAside(t, options.DataDir))
	}
	stop(t, broker)
	broker = start(t, Options{DataDir: options.DataDir})
	if !broker.Anew() || setAside(t, options.DataDir) != 2 {
		t.Errorf("the embedded broker on Apache Kafka's directory: new %v, %d set aside", broker.Anew(), setAside(t, options.DataDir))
	}
	stop(t, broker)
}

func TestServerLeftBehindIsEndedAndItsEndIsReported(t *testing.T) {
	t.Parallel()
	options := withApache(t)
	left := start(t, options)
	createTopic(t, left.Address())
	produce(t, left.Address(), "a")
	if err := left.lock.Release(); err != nil { // as the kernel does for a process that was killed
		t.Fatal(err)
	}
	broker := start(t, options)
	defer stop(t, broker)
	select {
	case <-left.Ended():
	case <-time.After(10 * time.Second):
		t.Error("the server left behind still runs")
	}
	if broker.Anew() {
		t.Error("its records are gone")
	}
	expect(t, fetch(t, broker.Address(), 1), "0=a")

	if err := syscall.Kill(broker.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-broker.Ended():
	case <-time.After(10 * time.Second):
		t.Error("an end that nobody asked for is not reported")
	}
}

func TestApacheSaysWhatItNeeds(t *testing.T) {
	options := withApache(t)
	bin := t.TempDir()
	t.Setenv("JAVA_HOME", "")
	t.Setenv("PATH", bin)
	for name, c := range map[string]struct{ java, folder, says string }{
		"no Java":       {"", apacheFolder, "Java 17"},
		"an older Java": {`openjdk version "11.0.2" 2019-01-15`, apacheFolder, "Java 17"},
		"no jars":       {`openjdk version "21.0.1" 2023-10-17`, bin, "scripts/kafka.sh fetch"},
	} {
		if c.java != "" {
			script := "#!/bin/sh\necho '" + c.java + "' >&2\n"
			if err := os.WriteFile(filepath.Join(bin, "java"), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		options.Apache.Program = c.folder
		_, err := Start(context.WithoutCancel(t.Context()), options)
		if !errors.Is(err, netport.ErrSetting) || !strings.Contains(err.Error(), "LOA_KAFKA=apache") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		_ = os.Remove(filepath.Join(bin, "java"))
	}
	options.Engine = "rabbit"
	if _, err := Start(t.Context(), options); !errors.Is(err, netport.ErrSetting) {
		t.Errorf("an engine that there is none of: %v", err)
	}
}
