package conformance

import (
	"debug/elf"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"ssc/runtime/ort"
)

// TestLoadingRunsNoNewerInstructions: what the dynamic loader runs of the library of native kernels holds nothing that was compiled for one set of
// instructions. Else a processor without AVX-512 dies of an illegal instruction before a kernel was chosen, which no limit on oneDNN shows on one that has them.
func TestLoadingRunsNoNewerInstructions(t *testing.T) {
	kernelNames(t)
	f, err := elf.Open(os.Getenv("SSC_KERNELS"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	files := map[uint64]string{} // the constructor of a source file's variables, by address
	for _, s := range symbols {
		if strings.HasPrefix(s.Name, "_GLOBAL__sub_I_") {
			files[s.Value] = strings.TrimPrefix(s.Name, "_GLOBAL__sub_I_")
		}
	}
	atLoad := pointers(t, f, ".init_array")
	for _, address := range atLoad {
		if file, is := files[address]; is {
			t.Errorf("the variables of %s are made as the library is loaded", file)
		}
	}
	for _, level := range []string{"v2", "v3", "v4"} {
		own := pointers(t, f, "ssc_init_"+level)
		for _, address := range own {
			if files[address] == "" {
				t.Errorf("at %#x, among the constructors of %s, is none of a source file", address, level)
			}
		}
		if len(own) < 20 {
			t.Errorf("%d files make variables for %s, want at least 20 kernels", len(own), level)
		}
	}
	if len(atLoad) == 0 {
		t.Error("nothing is run at load, not even the C runtime's own: the section was not read")
	}
}

// pointers reads a section of addresses, which the loader will fill in by relocations.
func pointers(t *testing.T, f *elf.File, section string) []uint64 {
	t.Helper()
	s, rela := f.Section(section), f.Section(".rela.dyn")
	if s == nil || rela == nil {
		t.Fatalf("the library has no section %s, or no relocations", section)
	}
	data, err := rela.Data()
	if err != nil {
		t.Fatal(err)
	}
	var out []uint64
	for ; len(data) >= 24; data = data[24:] { // Elf64_Rela
		offset, info, addend := f.ByteOrder.Uint64(data), f.ByteOrder.Uint64(data[8:]), f.ByteOrder.Uint64(data[16:])
		if s.Addr <= offset && offset < s.Addr+s.Size && elf.R_X86_64(info) == elf.R_X86_64_RELATIVE {
			out = append(out, addend)
		}
	}
	if want := int(s.Size / 8); len(out) != want {
		t.Fatalf("section %s: %d of %d addresses were read", section, len(out), want)
	}
	return out
}

// TestKernelLevel: the kernels used are those for this processor.
func TestKernelLevel(t *testing.T) {
	kernelNames(t)
	if os.Getenv("ONEDNN_MAX_CPU_ISA") != "" {
		t.Skip("instruction sets are limited")
	}
	text, err := ort.DescribeKernels()
	if err != nil {
		t.Fatal(err)
	}
	want := "x86-64-v2"
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512DQ:
		want = "x86-64-v4"
	case cpu.X86.HasAVX2:
		want = "x86-64-v3"
	}
	if !strings.Contains(text, want) {
		t.Errorf("%s; want those for %s", text, want)
	}
}
