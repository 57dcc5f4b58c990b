module github.com/loa-vn/loa/e2e

go 1.26.0
