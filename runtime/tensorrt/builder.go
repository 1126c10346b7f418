package tensorrt

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind is a way to build an engine.
type Kind string

// The builders. Auto is none itself.
const (
	Auto     Kind = "auto"
	Trtexec  Kind = "trtexec"
	Provider Kind = "ort"
	NVInfer  Kind = "nvinfer"
	RTX      Kind = "rtx"
)

// Kinds are the names that a person may give.
var Kinds = []string{string(Auto), string(Trtexec), string(Provider), string(NVInfer), string(RTX)}

// Profile is the range of batch sizes that an engine takes, and the one that it is tuned for.
type Profile struct {
	Min int `json:"min"`
	Opt int `json:"opt"`
	Max int `json:"max"`
}

func (p Profile) String() string { return fmt.Sprintf("%d:%d:%d", p.Min, p.Opt, p.Max) }

// ParseProfile reads MIN:OPT:MAX, or OPT alone, which means 1:OPT:OPT.
func ParseProfile(text string) (p Profile, err error) {
	parts := strings.Split(text, ":")
	numbers := make([]int, len(parts))
	for i, s := range parts {
		if _, err := fmt.Sscanf(s, "%d", &numbers[i]); err != nil || fmt.Sprint(numbers[i]) != s {
			return p, fmt.Errorf("%q is not a batch size; write MIN:OPT:MAX, as in 1:64:256", s)
		}
	}
	switch len(numbers) {
	case 1:
		p = Profile{1, numbers[0], numbers[0]}
	case 3:
		p = Profile{numbers[0], numbers[1], numbers[2]}
	default:
		return p, fmt.Errorf("%q is not MIN:OPT:MAX, as in 1:64:256", text)
	}
	if p.Min < 1 || p.Opt < p.Min || p.Max < p.Opt {
		return p, fmt.Errorf("the batch sizes %s do not rise from 1 or more", p)
	}
	return p, nil
}

// shape is a batch of images as builders write it: images:64x3x224x224.
func (r Request) shape(batch int) string {
	return fmt.Sprintf("%s:%dx%dx%dx%d", r.Input, batch, r.Image[0], r.Image[1], r.Image[2])
}

// Request is what to build.
type Request struct {
	Model     []byte // ONNX, strongly typed
	Input     string // its input, [batch, channel, height, width]
	Image     [3]int // channel, height, width
	Profile   Profile
	Level     int    // of the builder's search, 0 to 5; below 0: its own choice
	Workspace int    // MiB that a kernel may use; 0: no bound
	Folder    string // where files for builders may be written meanwhile
	// Unwrap takes the engine out of a model that ONNX Runtime made, or says which nodes it left outside.
	Unwrap func(model []byte) ([]byte, error)
}

// Built is an engine, and what built it.
type Built struct {
	Engine  []byte
	Version string // of TensorRT
	GPU     GPU    // that it was built on; none ahead of time
}

// Failure is a builder that refused or failed. Text is what it said.
type Failure struct {
	Kind Kind
	Text string
}

func (f Failure) Error() string { return fmt.Sprintf("%s built no engine: %s", f.Kind, f.Text) }

// Machine is what was found for building and running engines.
type Machine struct {
	GPU      GPU
	NoGPU    error // why there is none
	Trtexec  string
	Infer    Libraries
	NoInfer  error
	RTX      Libraries
	NoRTX    error
	Provider bool // ONNX Runtime has TensorRT's
	NoORT    error
}

// Look finds builders. What is missing is an error that says where it was looked for.
func Look(ctx context.Context, providers []string, noORT error) Machine {
	m := Machine{Trtexec: program("trtexec"), NoORT: noORT}
	m.GPU, m.NoGPU = FindGPU(ctx)
	m.Infer, m.NoInfer = findLibraries(infer)
	m.RTX, m.NoRTX = findLibraries(rtx)
	for _, p := range providers {
		m.Provider = m.Provider || p == "tensorrt"
	}
	if !m.Provider && m.NoORT == nil {
		m.NoORT = fmt.Errorf("this ONNX Runtime has no TensorRT provider, only %s; set SSC_ORT_LIB to one that has", strings.Join(providers, ", "))
	}
	return m
}

// Choose is the builder to use and, in one line, why. Asked for one by name it says what that lacks.
func (m Machine) Choose(k Kind) (Kind, string, error) {
	lacks := map[Kind]error{Trtexec: m.noTrtexec(), Provider: errors.Join(m.NoORT, m.needGPU()), NVInfer: errors.Join(m.NoInfer, m.needGPU()), RTX: m.NoRTX}
	why := map[Kind]string{
		Trtexec:  fmt.Sprintf("trtexec is on PATH (%s) and the GPU is %s", m.Trtexec, m.GPU),
		Provider: "ONNX Runtime has TensorRT's provider, and there is no trtexec",
		NVInfer:  fmt.Sprintf("%s and headers are there, and neither trtexec nor ONNX Runtime's provider", m.Infer.Infer),
		RTX:      fmt.Sprintf("%s builds without a GPU, and no other builder can work here", m.RTX.Infer),
	}
	if k != Auto {
		if err := lacks[k]; err != nil {
			return "", "", fmt.Errorf("the builder %s cannot work here: %w", k, err)
		}
		return k, "as asked", nil
	}
	var missing []string
	for _, k := range []Kind{Trtexec, Provider, NVInfer, RTX} {
		if lacks[k] == nil {
			return k, why[k], nil
		}
		missing = append(missing, fmt.Sprintf("  %s: %s", k, strings.ReplaceAll(lacks[k].Error(), "\n", "; ")))
	}
	return "", "", fmt.Errorf("no builder of engines can work here:\n%s\nssc compile -target tensorrt -builder onnx writes the model that they would read, for a machine that has one", strings.Join(missing, "\n"))
}

func (m Machine) noTrtexec() error {
	if m.Trtexec == "" {
		return errors.Join(errors.New("trtexec is not on PATH"), m.needGPU())
	}
	return m.needGPU()
}

// needGPU is the error of builders that time kernels on the GPU.
func (m Machine) needGPU() error {
	if m.NoGPU != nil {
		return fmt.Errorf("it needs a GPU: %w", m.NoGPU)
	}
	return nil
}

// Build makes an engine.
func (m Machine) Build(ctx context.Context, k Kind, r Request) (b Built, err error) {
	switch k {
	case Trtexec:
		b, err = runTrtexec(ctx, m.Trtexec, m.GPU, r)
	case Provider:
		b, err = buildByProvider(r)
	case NVInfer:
		b, err = buildByLibrary(ctx, m.Infer, r)
	case RTX:
		b, err = buildByLibrary(ctx, m.RTX, r)
	default:
		err = fmt.Errorf("there is no builder %q", k)
	}
	if k != RTX {
		b.GPU = m.GPU
	}
	if err == nil && len(b.Engine) == 0 {
		err = Failure{k, "it ended without a word and without an engine"}
	}
	return b, err
}
