package kafka

import (
	"fmt"
	"strings"
)

// properties is a node's server.properties: small and quick for one machine, nothing removed for its age, every topic made on purpose.
func properties(directory string, port, controllerPort int, options ApacheOptions) string {
	node, voters, roles := options.Node, options.Voters, options.Roles
	if node == 0 {
		node = 1
	}
	if voters == "" {
		voters = fmt.Sprintf("%d@%s:%d", node, host, controllerPort)
	}
	if roles == "" {
		roles = "broker,controller"
	}
	count := len(strings.Split(voters, ","))
	copies, enough, session := min(count, 3), 1, 3000
	if count > 1 {
		enough, session = 2, 6000
	}
	broker := fmt.Sprintf("PLAINTEXT://%s:%d", host, port)
	var listeners []string
	if strings.Contains(roles, "broker") {
		listeners = append(listeners, broker)
	}
	if strings.Contains(roles, "controller") {
		listeners = append(listeners, "CONTROLLER://"+voter(voters, node))
	}
	lines := []string{
		"process.roles=" + roles,
		fmt.Sprintf("node.id=%d", node),
		"controller.quorum.voters=" + voters,
		"listeners=" + strings.Join(listeners, ","),
		"controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"log.dirs=" + directory + "/data",
		"auto.create.topics.enable=false",
		fmt.Sprintf("default.replication.factor=%d", copies),
		fmt.Sprintf("min.insync.replicas=%d", enough),
		"log.retention.ms=-1",
		"log.retention.bytes=-1",
		fmt.Sprintf("offsets.retention.minutes=%d", tenYears),
		"offsets.topic.num.partitions=3",
		fmt.Sprintf("offsets.topic.replication.factor=%d", copies),
		"transaction.state.log.num.partitions=3",
		fmt.Sprintf("transaction.state.log.replication.factor=%d", copies),
		fmt.Sprintf("transaction.state.log.min.isr=%d", enough),
		"share.coordinator.state.topic.num.partitions=3",
		fmt.Sprintf("share.coordinator.state.topic.replication.factor=%d", copies),
		fmt.Sprintf("share.coordinator.state.topic.min.isr=%d", enough),
		// A member that was killed is a ghost in its group until its session ends; clients may ask for a short one.
		"group.min.session.timeout.ms=1000",
		"group.initial.rebalance.delay.ms=0",
		// A broker that was killed is let in again when the session of its former self has ended.
		fmt.Sprintf("broker.session.timeout.ms=%d", session),
		"broker.heartbeat.interval.ms=500",
		"initial.broker.registration.timeout.ms=60000",
		"num.network.threads=1",
		"num.io.threads=2",
		"num.replica.fetchers=1",
		"num.recovery.threads.per.data.dir=1",
		"background.threads=1",
		"log.cleaner.threads=1",
		"log.cleaner.dedupe.buffer.size=8388608",
		"metadata.log.segment.bytes=16777216",
		"log.index.size.max.bytes=1048576",
	}
	if strings.Contains(roles, "broker") {
		lines = append(lines, "advertised.listeners="+broker, "inter.broker.listener.name=PLAINTEXT")
	}
	return strings.Join(append(lines, options.Settings...), "\n") + "\n"
}

// voter is the address of a node among the controllers.
func voter(voters string, node int) string {
	for v := range strings.SplitSeq(voters, ",") {
		if address, ok := strings.CutPrefix(v, fmt.Sprintf("%d@", node)); ok {
			return address
		}
	}
	return ""
}

// logSettings make the server say warnings, and one line when it has started.
const logSettings = `<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" shutdownHook="disable">
  <Appenders>
    <Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d{ISO8601} %p %c{1}: %m%n%throwable"/></Console>
  </Appenders>
  <Loggers>
    <Root level="WARN"><AppenderRef ref="out"/></Root>
    <Logger name="kafka.server.KafkaRaftServer" level="INFO"/>
    <Logger name="org.apache.kafka.clients.NetworkClient" level="ERROR"/>
  </Loggers>
</Configuration>
`
