// Command ssc compiles and runs pipelines of self-supervised visual pre-training; `ssc help` lists what it can do.
package main

import "ssc"

func main() { ssc.Main() }
