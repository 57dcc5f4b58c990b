// Package roles walks every route of the API as everybody, against the real binary. What is expected stands in
// testdata/expected.txt; a route without an expectation fails the walk, and so does an expectation without a route.
package roles
