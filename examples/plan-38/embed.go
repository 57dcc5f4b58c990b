// Package plan38 is the example as files: Plan 38/KH-UBND of Hải Phòng with the city's own article, and around it invented people, a
// plan of the current year and its items, which say that they are invented.
package plan38

import "embed"

// Files are the example's inputs, as the walk sends them.
//
//go:embed *.csv *.yaml *.json *.md attachments
var Files embed.FS
