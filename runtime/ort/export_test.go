package ort

// ForCUDA enters the functions of the launcher for the CUDA provider, though the session is one of the processor.
func (o *SessionOptions) ForCUDA() { o.launchers = cudaNames }
