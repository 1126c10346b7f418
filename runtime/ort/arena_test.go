package ort

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// TestArena hands blocks of random sizes out and takes them back in random order. None may overlap another or lose what was written into it, and when all are back the regions are
// whole again, so that the system gets every byte.
func TestArena(t *testing.T) {
	type held struct {
		data []byte
		mark byte
	}
	before := MemoryUse()
	rng := rand.New(rand.NewPCG(1, 2))
	var blocks []held
	free := func(i int) {
		b := blocks[i]
		if slices.ContainsFunc(b.data, func(x byte) bool { return x != b.mark }) {
			t.Fatalf("a block of %d bytes has lost what was written into it", len(b.data))
		}
		arenaFree(unsafe.Pointer(&b.data[0]))
		blocks = slices.Delete(blocks, i, i+1)
	}
	for round := range 2000 {
		if len(blocks) > 0 && (rng.IntN(2) == 0 || len(blocks) > 40) {
			free(rng.IntN(len(blocks)))
			continue
		}
		size := 1 + rng.IntN([]int{100, 5000, 300_000, 4_000_000}[rng.IntN(4)])
		p := arenaAlloc(size)
		if p == nil || uintptr(p)%64 != 0 {
			t.Fatalf("arena_alloc(%d) = %v, want memory aligned to 64 bytes", size, p)
		}
		b := held{unsafe.Slice((*byte)(p), size), byte(round)}
		for i := range b.data {
			b.data[i] = b.mark
		}
		blocks = append(blocks, b)
	}
	for len(blocks) > 0 {
		free(len(blocks) - 1)
	}
	arenaTrim()
	if got := MemoryUse(); got.InUse != before.InUse || got.Held > before.Held {
		t.Errorf("when all is back the arena has %+v, before it had %+v", got, before)
	}
	if arenaAlloc(1<<62) != nil {
		t.Error("more memory than there is is handed out")
	}
}

// TestArenaReserve: what was reserved is handed out without another call of the system.
func TestArenaReserve(t *testing.T) {
	arenaTrim()
	const size = 100 << 20
	if !arenaReserve(size) {
		t.Skip("the system does not give 100 MiB")
	}
	held := MemoryUse().Held
	p := arenaAlloc(size)
	if got := MemoryUse().Held; got != held {
		t.Errorf("handing out what was reserved takes the system's memory from %d to %d bytes", held, got)
	}
	arenaFree(p)
	arenaTrim()
	if got := MemoryUse().Held; got > held-size {
		t.Errorf("%d bytes are held when nothing is used", got)
	}
}
