package cmd

import (
	"testing"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/runtime/ort"
)

// BenchmarkCompile is what ssc compile does between its command line and the disk, in a process that has done it before.
func BenchmarkCompile(b *testing.B) {
	kernels, err := ort.Kernels()
	if err != nil {
		b.Log("without native kernels: ", err)
	}
	for _, f := range []struct{ name, file string }{{"example", "../examples/selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl"}, {"resnet50", "../bench/resnet50.hcl"}} {
		b.Run(f.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, diags := lang.Load([]string{f.file}, lang.Options{Root: tables.Root, Command: "ssc compile"})
				if diags.HasErrors() {
					b.Fatal(diags)
				}
				r, diags := compiler.Compile(p.Root, tables, compiler.Options{Version: Version, Name: p.Name, Kernels: kernels})
				if diags.HasErrors() {
					b.Fatal(diags)
				}
				if _, err := plan.Encode(r.Plan); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
