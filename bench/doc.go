// Package bench measures Loa's log, relay, projections and consumers side by side with what others use, in one run each. It is a module
// of its own, outside the workspace, so that the libraries it compares with do not raise the versions that Loa is built from.
package bench
