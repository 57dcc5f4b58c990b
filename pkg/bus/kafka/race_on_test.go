//go:build race

package kafka_test

// raceDetector: Watermill's TestReconnect appends to a slice in one goroutine and reads it in another without synchronising, so the
// detector fails it whatever the Pub/Sub does. Under the detector TestRestart of this package stands for it.
const raceDetector = true
