// Package ssc is the command-line program as a function, so that a main package elsewhere can add components to it:
//
//	package main
//
//	import (
//		"ssc"
//
//		_ "example.org/mine/head" // registers head "mine" in ssc/compiler/head.Table
//	)
//
//	func main() { ssc.Main() }
package ssc

import (
	"os"

	"ssc/cmd"
)

// Main runs the command line of the process and exits with its code.
func Main() { os.Exit(cmd.Main(os.Args, cmd.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})) }
