// Package architecture holds the tree to its architecture: its tests read the import graph of every module of the
// workspace and name each import, unlisted service and unembedded file that breaks a rule. Run them with -count=1: the go
// command that they ask reads files of which the test cache knows nothing.
package architecture
