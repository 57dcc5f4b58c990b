package bus

// FromPublished is for the tests of this package, which write to Kafka what a relay would.
var FromPublished = fromPublished
