#!/usr/bin/env bash
# Generates proto/gen from proto/loa with the tools pinned in tools/go.mod.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
bin=$root/bin/tools
mkdir -p "$bin"
(cd tools && GOWORK=off GOBIN="$bin" go install \
	github.com/bufbuild/buf/cmd/buf \
	google.golang.org/protobuf/cmd/protoc-gen-go \
	google.golang.org/grpc/cmd/protoc-gen-go-grpc \
	github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway \
	github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2)
# The google.api annotations travel as files in an older release of the gateway's module.
gateway=$(cd tools && GOWORK=off go list -m -f '{{.Dir}}' github.com/grpc-ecosystem/grpc-gateway)
rm -rf proto/.include
mkdir -p proto/.include/google/api
cp "$gateway"/third_party/googleapis/google/api/{annotations,http}.proto proto/.include/google/api/
chmod -R u+w proto/.include
PATH="$bin:$PATH" buf lint
rm -rf proto/gen/loa proto/gen/openapi
PATH="$bin:$PATH" buf generate --path proto/loa
