// Command generate writes openapi.json beside the package apidoc from the Swagger document in proto/gen. It is run by go generate.
package main

import (
	"fmt"
	"os"

	"github.com/loa-vn/loa/services/gateway/internal/apidoc/convert"
)

func main() {
	if err := run("../../../../proto/gen/openapi/loa.swagger.json", "openapi.json"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	swagger, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	document, err := convert.OpenAPI(swagger)
	if err != nil {
		return err
	}
	return os.WriteFile(to, document, 0o644)
}
