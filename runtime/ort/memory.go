package ort

// Memory is what the sessions of this process have between their inputs and outputs, in bytes, scratch of the native kernels included: now, the most since [BeginPeak], and how much the
// system has given for it. Tensors that are bound are not part of it.
type Memory struct {
	InUse, Peak, Held int
}

// MemoryUse returns the numbers of the arena that all sessions share.
func MemoryUse() Memory { return arenaStats() }

// BeginPeak begins a new measurement of the peak.
func BeginPeak() { arenaBegin() }
