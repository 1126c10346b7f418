package cmd

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// listingCommand is "listing FILE NAME…": an ELF file that lists these functions as a library of kernels does, and cannot be loaded.
func listingCommand(ts *testscript.TestScript, _ bool, args []string) {
	const names = "\x00ssc_kernels\x00.shstrtab\x00"
	list := strings.Join(args[1:], "\x00") + "\x00"
	head := elf.Header64{Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}, Type: uint16(elf.ET_DYN),
		Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT), Ehsize: 64, Phentsize: 56, Shentsize: 64, Shnum: 3, Shstrndx: 2}
	head.Shoff = uint64(64 + len(names) + len(list))
	sections := []elf.Section64{{}, {Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: uint64(64 + len(names)), Size: uint64(len(list))},
		{Name: 13, Type: uint32(elf.SHT_STRTAB), Off: 64, Size: uint64(len(names))}}
	var b bytes.Buffer
	for _, part := range []any{head, []byte(names + list), sections} {
		ts.Check(binary.Write(&b, binary.LittleEndian, part))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o666))
}
