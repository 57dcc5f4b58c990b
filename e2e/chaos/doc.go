// Package chaos kills Loa's processes with SIGKILL while people work with it, and starts them again. Afterwards nothing that was
// acknowledged is missing, nothing was done twice, and the logs are those of a run that nobody disturbed.
package chaos
