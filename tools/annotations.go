// Package tools pins what builds and checks Loa. The tool lines of go.mod name the programs; this file holds one more
// module in the build list: the last release of the REST gateway that carries google/api/annotations.proto and http.proto
// as files, which proto/generate.sh hands to buf.
package tools

import _ "github.com/grpc-ecosystem/grpc-gateway/utilities"
