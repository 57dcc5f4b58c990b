// Package drill walks the disasters of docs/recovery.md: a cluster restored from its backup, one service's database restored alone, a
// standby promoted. In each, no consumer loses or repeats an effect, or it stops and says what it has seen that the log has not.
package drill
