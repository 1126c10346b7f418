package tensorrt

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// GPU is a graphics processor.
type GPU struct {
	Name       string `json:"name,omitempty"`
	Capability string `json:"compute_capability,omitempty"` // as 8.6
	Driver     string `json:"driver,omitempty"`
}

func (g GPU) String() string {
	if g.Name == "" {
		return "none"
	}
	return fmt.Sprintf("%s (compute capability %s)", g.Name, g.Capability)
}

// FindGPU asks the driver's own program for the first GPU.
func FindGPU(ctx context.Context) (GPU, error) {
	smi := program("nvidia-smi")
	if smi == "" {
		return GPU{}, errors.New("there is none, as far as can be seen: nvidia-smi, which NVIDIA's driver brings, is not on PATH")
	}
	out, err := exec.CommandContext(ctx, smi, "--query-gpu=name,compute_cap,driver_version", "--format=csv,noheader").CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err != nil {
		return GPU{}, fmt.Errorf("nvidia-smi finds none: %w: %s", err, line)
	}
	fields := strings.Split(line, ", ")
	if len(fields) != 3 {
		return GPU{}, fmt.Errorf("nvidia-smi answers %q, want name, compute capability and driver", line)
	}
	return GPU{fields[0], fields[1], fields[2]}, nil
}

// program is the path of a program, empty when it is not there.
func program(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}
