//go:build stress

package kafka_test

import (
	"testing"

	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
)

// TestWatermillStress is Watermill's stress test: the whole suite several times at once, on one broker that each restarts twice.
// STRESS_TEST_COUNT says how often; Watermill's own default is ten.
func TestWatermillStress(t *testing.T) {
	s := newSuite(t, byPayload)
	tests.TestPubSubStressTest(t, s.features(true), s.pair, s.group)
}
