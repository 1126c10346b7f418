// Package comptest tests components by golden files, so that a new one needs no test code: testdata/NAME.txtar beside it, and an
// example that uses it. A kind's test is one call:
//
//	func TestComponents(t *testing.T) { comptest.Run(t, head.Table) }
//
// The section in.hcl holds the component and what it is applied to:
//
//	input "similarity" { shape = [6, 6] }
//	input "positive" {
//	  shape = [6]
//	  dtype = "i64"
//	}
//	head "contrastive" { temperature = 0.5 }
//
// Inputs are, by kind: of a backbone, neck or norm the maps it takes, of a head its inputs, of an algorithm its views (batch, channel,
// height, width), of an optimizer the parameters by name. Schedules and probes have none. From it the test makes the sections out/ir
// (the graph of the component alone), out/grad (the nodes that its gradient adds), out/plan (state, groups, scalars, fields) and
// out/stats (nodes, floating-point operations, bytes, so that a regression shows without a clock), which `go test -update` rewrites.
// A component has several files when their names go on after a dash: resnet.txtar, resnet-bottleneck.txtar.
package comptest
