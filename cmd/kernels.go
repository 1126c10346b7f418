package cmd

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"ssc/compiler/cuda"
	"ssc/runtime/ort"
)

// expectedKernels is what nativeKernels will most likely say once the library is loaded, which begins now; nil where that is not known.
func expectedKernels(c *cli.Context) []string {
	if onGPU(c) {
		return gpuKernels()
	}
	return ort.ExpectedKernels()
}

func onGPU(c *cli.Context) bool {
	d := c.String("device")
	return d != "" && d != "cpu"
}

// gpuKernels lists the functions that have kernels for GPUs, which are compiled where the plan runs.
func gpuKernels() []string {
	if os.Getenv("SSC_KERNELS") == "off" {
		return nil
	}
	return cuda.Own()
}

// nativeKernels lists the functions that a plan for this machine has native kernels for. Where there are none, compile says why; a run
// says it once it has a log.
func nativeKernels(c *cli.Context) []string {
	if onGPU(c) {
		return gpuKernels()
	}
	names, err := ort.Kernels()
	if err == nil || c.Command.Name != "compile" {
		return names
	}
	text := fmt.Sprintf("training steps will take longer than they could: %s", err)
	if out := messages(c); out != nil {
		out.emit("kernels", levelWarn, text, nil)
	} else {
		fmt.Fprintln(c.App.ErrWriter, "warning:", text)
	}
	return nil
}
