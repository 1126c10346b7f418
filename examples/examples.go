// Package examples carries the example pipelines, so that the program can show what they make without their folder.
package examples

import "embed"

// Files are the examples, named as in this folder: selfsup/ALGORITHM/NAME.hcl and the like.
//
//go:embed all:selfsup all:benchmarks
var Files embed.FS
