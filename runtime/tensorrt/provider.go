package tensorrt

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"ssc/runtime/ort"
)

// buildByProvider lets ONNX Runtime's TensorRT provider build while a session is created, and takes the engine out of the model that it leaves: one whose only node holds it.
func buildByProvider(r Request) (Built, error) {
	made := filepath.Join(r.Folder, "context.onnx")
	options := map[string]string{"trt_dump_ep_context_model": "1", "trt_ep_context_file_path": made, "trt_ep_context_embed_mode": "1",
		"trt_profile_min_shapes": r.shape(r.Profile.Min), "trt_profile_opt_shapes": r.shape(r.Profile.Opt), "trt_profile_max_shapes": r.shape(r.Profile.Max)}
	if r.Level >= 0 {
		options["trt_builder_optimization_level"] = fmt.Sprint(r.Level)
	}
	if r.Workspace > 0 {
		options["trt_max_workspace_size"] = fmt.Sprint(r.Workspace << 20)
	}
	s, err := ort.NewSession(r.Model, ort.SessionOptions{Provider: "tensorrt", ProviderOptions: options})
	if err != nil {
		return Built{}, Failure{Provider, err.Error()}
	}
	if err := s.Close(); err != nil {
		return Built{}, err
	}
	b, err := os.ReadFile(made)
	if err != nil {
		return Built{}, Failure{Provider, fmt.Sprintf("it left no model with the engine: %s", err)}
	}
	engine, err := r.Unwrap(b)
	if err != nil {
		return Built{}, Failure{Provider, err.Error()}
	}
	version, err := ort.Version()
	return Built{Engine: engine, Version: "with ONNX Runtime " + version}, err
}

// sessionEngine is a model with an engine in it, or a model that stands for one, which ONNX Runtime runs.
type sessionEngine struct {
	session *ort.Session
	dims    []int
}

func openSession(model []byte, o ort.SessionOptions) (*sessionEngine, error) {
	s, err := ort.NewSession(model, o)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Outputs() {
		if p.Name == outputName && len(p.Dims) > 1 && slices.Min(p.Dims[1:]) > 0 && p.DType == "f32" {
			if in := s.Inputs(); len(in) == 1 && in[0].DType == "f32" {
				return &sessionEngine{s, p.Dims[1:]}, nil
			}
		}
	}
	_ = s.Close() // it has run nothing
	return nil, fmt.Errorf("the model does not make float32 %s of float32 images", outputName)
}

func (e *sessionEngine) run(ctx context.Context, images []float32, dims []int, features []float32) error {
	in, err := ort.NewTensor("f32", dims)
	if err != nil {
		return err
	}
	defer in.Close()
	copy(in.Float32(), images)
	out, err := ort.NewTensor("f32", append([]int{dims[0]}, e.dims...))
	if err != nil {
		return err
	}
	defer out.Close()
	b, err := e.session.Bind(map[string]*ort.Tensor{e.session.Inputs()[0].Name: in}, map[string]*ort.Tensor{outputName: out})
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Run(ctx); err != nil {
		return err
	}
	copy(features, out.Float32())
	return nil
}
