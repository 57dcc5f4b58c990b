package order

import "math/rand/v2"

// fault is a kind of misfortune, a bit of a plan.
type fault uint

const (
	relayDies     fault = 1 << iota // kill -9 between any two steps of a relay
	twoLead                         // a second and third relay believe that they lead
	ackLost                         // applied, and the answer does not come
	landsLate                       // given up by its relay, and applied much later
	swallowed                       // acknowledged and never stored
	brokerAway                      // nothing is answered for a while
	brokerWiped                     // every record and committed offset is gone
	topicRemade                     // every record is gone, the committed offsets are not
	prefixCut                       // the oldest records are gone
	tailCut                         // the newest are: an unclean election
	recordsGone                     // some in the middle are
	rebalanced                      // partitions move between members
	staleMember                     // a member that lost its partition goes on without knowing
	memberDies                      // kill -9 between any two steps of a member
	commitInDoubt                   // the effect's transaction is committed and its member told otherwise
	sourceAway                      // the source does not answer questions for a while
	restored                        // the source's database goes back to an earlier moment, under a new epoch
	startsLate                      // a consumer begins when everything else is old
	lastFault
)

const everyFault = lastFault - 1

func (f fault) String() string {
	names := []string{
		"relay dies", "two lead", "ack lost", "lands late", "swallowed", "broker away", "broker wiped", "topic remade", "prefix cut",
		"tail cut", "records gone", "rebalanced", "stale member", "member dies", "commit in doubt", "source away", "restored", "starts late",
	}
	text := ""
	for i, n := range names {
		if f&(1<<i) != 0 {
			text += ", " + n
		}
	}
	return text[min(2, len(text)):]
}

// plan is what a schedule is made of, beside its seed.
type plan struct {
	seed   uint64
	events int
	steps  int
	faults fault
	often  fault // those that happen more often
}

// planOf makes a schedule's plan: every fault or some of them, few events or many.
func planOf(seed uint64) plan {
	random := rand.New(rand.NewPCG(seed, 3))
	p := plan{seed: seed, events: 10 + random.IntN(40), steps: 300 + random.IntN(900), faults: everyFault}
	switch random.IntN(16) {
	case 0, 1, 2, 3:
	case 4: // nothing must be healed then
		p.faults = 0
	default:
		p.faults = fault(random.Uint64()) & everyFault
	}
	if random.IntN(2) == 0 {
		p.often = 1 << random.IntN(18)
	}
	return p
}
