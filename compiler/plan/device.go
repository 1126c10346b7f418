package plan

import (
	"fmt"
	"strconv"
	"strings"
)

// Devices are the kinds of devices that a plan can be compiled for. A GPU that is not the machine's first is named with its number: "cuda:1".
var Devices = []string{"cpu", "cuda"}

// ParseDevice reads a device as a target names it: its kind and, of several GPUs, which; nothing is the CPU.
func ParseDevice(text string) (kind string, index int, err error) {
	kind, number, numbered := strings.Cut(text, ":")
	switch {
	case text == "":
		return "cpu", 0, nil
	case kind == "cpu" && !numbered:
		return kind, 0, nil
	case kind == "cuda":
		if !numbered {
			return kind, 0, nil
		}
		if n, e := strconv.ParseUint(number, 10, 8); e == nil {
			return kind, int(n), nil
		}
		return "", 0, fmt.Errorf("the device %q is not numbered as GPUs are: write cuda:0, cuda:1, …", text)
	}
	return "", 0, fmt.Errorf("there is no device %q", text)
}
