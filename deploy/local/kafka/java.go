package kafka

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/deploy/local/internal/netport"
)

// oldestJava is what Apache Kafka 4's server runs on.
const oldestJava = 17

// apacheProgram is the server's program: Java and the jars.
type apacheProgram struct {
	java      string
	classpath string
	// archive holds the classes as the virtual machine uses them; it is ignored when it was made by another Java.
	archive string
}

// findApache looks for Java and the jars. What is missing is a mistake in the settings, since they ask for Apache Kafka.
func findApache(ctx context.Context, folder string) (apacheProgram, error) {
	const without = "LOA_KAFKA=apache needs Java %d or newer (Debian: openjdk-17-jre-headless), and %s; without it leave LOA_KAFKA unset"
	java, err := exec.LookPath("java")
	//nolint:forbidigo // It is Java's own setting and none of Loa's.
	if home := os.Getenv("JAVA_HOME"); home != "" {
		java, err = exec.LookPath(filepath.Join(home, "bin", "java"))
	}
	if err != nil {
		return apacheProgram{}, netport.Mistake(without, oldestJava, "there is none on PATH or in JAVA_HOME")
	}
	said, err := exec.CommandContext(ctx, java, "-version").CombinedOutput()
	if ctx.Err() != nil {
		return apacheProgram{}, ctx.Err()
	}
	version := regexp.MustCompile(`version "(\d+)`).FindSubmatch(said)
	if err != nil || version == nil {
		return apacheProgram{}, netport.Mistake(without, oldestJava, java+" does not run: "+strings.TrimSpace(string(said)))
	}
	if major, _ := strconv.Atoi(string(version[1])); major < oldestJava {
		return apacheProgram{}, netport.Mistake(without, oldestJava, java+" is "+string(version[1]))
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return apacheProgram{}, err
	}
	jars, err := filepath.Glob(filepath.Join(folder, "lib", "*.jar"))
	if err != nil || !slices.ContainsFunc(jars, func(jar string) bool { return strings.HasPrefix(filepath.Base(jar), "kafka_2.13-") }) {
		return apacheProgram{}, netport.Mistake("LOA_KAFKA=apache: Apache Kafka's jars are not in %s: run scripts/kafka.sh fetch (make run does)", filepath.Join(folder, "lib"))
	}
	slices.Sort(jars) // the archive of classes is for one order
	return apacheProgram{java: java, classpath: strings.Join(jars, ":"), archive: filepath.Join(folder, "kafka.jsa")}, nil
}

// arguments start a class on a node's directory. With archive the process writes the archive of its classes there at its end.
func (p apacheProgram) arguments(directory, archive, class string, more ...string) []string {
	share := []string{"-Xshare:auto", "-XX:SharedArchiveFile=" + p.archive}
	if archive != "" {
		share = []string{"-XX:ArchiveClassesAtExit=" + archive}
	} else if _, err := os.Stat(p.archive); err != nil {
		share = nil
	}
	arguments := []string{
		"-Xms64m", "-Xmx256m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError",
		"-XX:-UsePerfData", "-Djava.awt.headless=true", "-Dlog4j2.configurationFile=file:" + filepath.Join(directory, "log4j2.xml"),
	}
	return append(append(append(arguments, share...), "-cp", p.classpath, class), more...)
}
