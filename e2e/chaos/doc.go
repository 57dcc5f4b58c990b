// Package chaos kills Loa's processes with SIGKILL while people do with it what they do every day, and starts them again. Afterwards nothing
// that was acknowledged is missing, nothing was done twice, readers never saw what they may not see, and the logs are those of a run that
// nobody disturbed.
package chaos
