package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// A tool is a program of the system and the Debian packages that bring it.
type tool struct {
	probe  []string // exits 0 when the tool is there
	debian []string
}

var (
	toolCC    = tool{[]string{"gcc", "--version"}, []string{"gcc", "libc6-dev"}}
	toolCXX   = tool{[]string{"sh", "-c", "g++ --version && make --version && ld --version && objcopy --version"}, []string{"g++", "make", "binutils"}}
	toolMaven = tool{[]string{"mvn", "--version"}, []string{"maven"}}
	toolPip   = tool{[]string{"python3", "-m", "pip", "--version"}, []string{"python3", "python3-pip"}}
	toolVenv  = tool{[]string{"python3", "-c", "import ensurepip, venv"}, []string{"python3", "python3-venv"}}
	toolDpkg  = tool{[]string{"dpkg-deb", "--version"}, []string{"dpkg"}}
	toolApt   = tool{[]string{"apt-get", "--version"}, []string{"apt"}}
)

// needTools installs what is missing when it may, and otherwise says what to type.
func needTools(log io.Writer, tools ...tool) error {
	var missing []string
	for _, t := range tools {
		if exec.Command(t.probe[0], t.probe[1:]...).Run() != nil {
			missing = append(missing, t.debian...)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	missing = slices.Compact(missing)
	install := append([]string{"install", "-y", "--no-install-recommends"}, missing...)
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("missing on this system: %s; install what your system calls these Debian packages", strings.Join(missing, ", "))
	}
	if os.Geteuid() != 0 {
		return fmt.Errorf("missing on this system: %s; run: sudo apt-get %s", strings.Join(missing, ", "), strings.Join(install, " "))
	}
	fmt.Fprintf(log, "setup: installing %s\n", strings.Join(missing, ", "))
	if err := aptUpdate(log); err != nil {
		return err
	}
	return command(log, ".", "apt-get", append([]string{"-q"}, install...)...)
}

func aptUpdate(log io.Writer) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("the package lists of this system are missing or old; run: sudo apt-get update")
	}
	return command(log, ".", "apt-get", "-q", "update")
}
