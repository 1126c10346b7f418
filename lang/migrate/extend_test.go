package migrate_test

import (
	"os"
	"strings"
	"testing"

	"ssc/lang/migrate"
	"ssc/lang/schema"
)

// The tables of a program that has a method more than ssc: what its components declare is all that the conversion knows of them.
var (
	methods = schema.NewTable[schema.Component]("algorithm")
	nets    = schema.NewTable[schema.Component]("backbone")
	necks   = schema.NewTable[schema.Component]("neck")
	heads   = schema.NewTable[schema.Component]("head")
	norms   = schema.NewTable[schema.Component]("norm")
)

// declared is a component that only declares.
type declared func(*schema.Set)

func (d declared) Args(s *schema.Set) { d(s) }

func entry(t *schema.Table[schema.Component], name, before string, args func(*schema.Set)) struct{} {
	return t.Register(schema.Entry[schema.Component]{Info: schema.Info{Name: name, Before: before}, New: func() schema.Component { return declared(args) }})
}

var _ = []struct{}{
	entry(methods, "swapped", "model=dict(type='SwAP', …), custom_hooks=[dict(type='SwAPHook')]", func(s *schema.Set) {
		var b, n, h schema.Component
		s.Int(new(int), "queue_len", 65536, "", schema.Positive)
		s.Int(new(int), "groups", 1, "", schema.Positive)
		schema.Child(s, &b, "backbone", nets, "", true)
		schema.Child(s, &n, "neck", necks, "", true)
		schema.Child(s, &h, "head", heads, "", true)
	}),
	entry(nets, "wide_net", "", func(s *schema.Set) {
		var n schema.Component
		s.Int(new(int), "depth", 50, "")
		schema.ChildDefault(s, &n, "norm", norms, "bn", "")
	}),
	entry(necks, "projection", "", func(s *schema.Set) { s.Int(new(int), "out_channels", 128, "") }),
	entry(heads, "swap", "head=dict(type='SwAPHead')", func(s *schema.Set) {
		var p schema.Component
		s.Float(new(float64), "epsilon", 0.05, "")
		s.Int(new(int), "freeze_prototypes", 0, "")
		s.Int(new(int), "queue_length", 0, "")
		schema.Child(s, &p, "predictor", necks, "", false)
	}),
	entry(norms, "bn", "", func(*schema.Set) {}),
	entry(norms, "sync_bn", "", func(*schema.Set) {}),
}

type root struct{}

func (root) Args(s *schema.Set) {
	var a schema.Component
	s.Named(declared(func(*schema.Set) {}), new(string), "pipeline", "")
	schema.Child(s, &a, "algorithm", methods, "", true)
}

// TestNewComponents converts a method that this package has never heard of: types are found by their names and by what the manual shows, arguments by their names, those of hooks and losses
// in the component that declares them, and the norms of several processes become groups.
func TestNewComponents(t *testing.T) {
	const python = `
model = dict(
    type='SwAP', queue_len=4096,
    backbone=dict(type='WideNet', depth=18, norm_cfg=dict(type='BN')),
    neck=dict(type='ProjectionNeck', out_channels=64),
    head=dict(type='SwAPHead', loss=dict(type='SwAPLoss', epsilon=0.1), predictor=dict(type='ProjectionNeck', out_channels=32)))
custom_hooks = [dict(type='SwAPHook', priority='VERY_HIGH', batch_size=8, queue_length=3840, frozen_layers_cfg=dict(prototypes=5))]
data = dict()
optimizer = dict()
`
	const want = `pipeline "swap_4xb8_x" {}

algorithm "swapped" {
  queue_len = 4096
  groups    = 4
  backbone "wide_net" {
    depth = 18
    norm "bn" {}
  }
  neck "projection" { out_channels = 64 }
  head "swap" {
    epsilon           = 0.1
    queue_length      = 3840
    freeze_prototypes = 5
    predictor "projection" { out_channels = 32 }
  }
}
`
	opt := migrate.Options{Root: func() schema.Component { return root{} }, Kinds: []schema.Kind{methods, nets, necks, heads, norms}, Partial: true}
	r, diags := migrate.RunText("swap_4xb8_x.py", []byte(python), opt)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got := string(r.Files[0].Text); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if n := r.Files[0].Report.Count(migrate.Missing); n > 0 {
		t.Errorf("%d components are missing: %v", n, r.Files[0].Report.Decisions)
	}
}

// TestCommand translates command lines of upstream.
func TestCommand(t *testing.T) {
	config := `
model = dict(type='SimCLR', backbone=dict(type='ResNet', depth=50), neck=dict(type='LinearNeck'), head=dict(type='ContrastiveHead'))
data = dict(samples_per_gpu=32, train=dict(type='MultiViewDataset', data_source=dict(type='ImageNet', data_prefix='d'), num_views=[1, 1],
    pipelines=[[dict(type='CenterCrop', size=8), dict(type='RandomGrayscale', p=.1)], [dict(type='CenterCrop', size=8)]]))
optimizer = dict(type='SGD', lr=0.1)
runner = dict(type='EpochBasedRunner', max_epochs=2)
`
	opt := migrate.Options{Root: tables.Root, Kinds: tables.Kinds(), BaseRoot: ".", ReadFile: func(name string) ([]byte, error) {
		if name == "configs/x_8xb32.py" {
			return []byte(config), nil
		}
		return nil, os.ErrNotExist
	}}
	const run = "ssc run configs/x_8xb32.hcl"
	for _, c := range []struct{ old, want, note string }{
		{"python tools/train.py configs/x_8xb32.py", run, "ssc migrate configs/x_8xb32.py -out DIR"},
		{"python tools/train.py configs/x_8xb32.py --work-dir=out/a --seed 3 --resume-from a.pth", run + " -run out/a -set pipeline.seed=3", "--resume-from is left out"},
		{"bash tools/dist_train.sh configs/x_8xb32.py 8", run, ""},
		{"bash tools/dist_train.sh configs/x_8xb32.py 4", run, "-processes 4"},
		{"GPUS=16 PYTHONPATH=. bash tools/slurm_train.sh p j configs/x_8xb32.py 'work dir'", "srun -p p -J j " + run + " -run 'work dir'", "-processes 16"},
		{"bash tools/srun_train.sh p configs/x_8xb32.py 8", "srun -p p " + run, ""},
		{"mim train mmselfsup configs/x_8xb32.py --amp", run, "--amp is left out"},
		{"python -m torch.distributed.launch --nproc_per_node=2 tools/train.py configs/x_8xb32.py --launcher pytorch", run, "-processes 2"},
		{"python tools/train.py configs/x_8xb32.py --cfg-options model.backbone.depth=18 data.train.pipelines.0.0.size=16 data.train.pipelines.0.1.p=0.5 --seed 0",
			run + " -set algorithm.backbone.depth=18 -set 'dataset.train.view[0].center_crop.size=16' -set 'dataset.train.view[0].random_grayscale.p=0.5'", ""},
		{"python tools/train.py configs/x_8xb32.py --cfg-options model.backbone.with_cp=True", run + ` -set 'train.recompute="block"'`, ""},
		{"python tools/train.py configs/x_8xb32.py --cfg-options model.type=MoCo", run, "change the pipeline file"},
		{"python tools/train.py configs/x_8xb32.py --unheard-of", run, "--unheard-of is no flag"},
		{"bash tools/benchmarks/classification/dist_train_linear.sh configs/x_8xb32.py w.pth", run + ` -set 'train.init_from.checkpoint="w.pth"'`, "pickle"},
		{"python tools/misc/print_config.py configs/x_8xb32.py", "ssc config CONFIG.hcl", "origin"},
		{"python tools/data_converters/convert_inaturalist.py 'train 2018.json' train.txt", "ssc data inaturalist 'train 2018.json' train.txt", ""},
		{"python tools/dataset_converters/convert_imagenet_subsets.py 1percent.txt OUT.txt", "ssc data subset 1percent.txt data/imagenet/meta/train_labeled.txt OUT.txt", "as it is"},
		{"python tools/prepare_data/convert_subset.py", "ssc data subset IN data/imagenet/meta/train_labeled.txt OUT", ""},
		{"bash tools/dist_test.sh configs/x.py 8 w.pth", "ssc evaluate RUN", ""},
	} {
		l, err := migrate.Command(c.old, opt)
		if err != nil {
			t.Errorf("%s: %v", c.old, err)
			continue
		}
		if l.New != c.want || !strings.Contains(strings.Join(l.Notes, "\n"), c.note) {
			t.Errorf("%s\n gives %s\n want  %s\n notes %q, want one with %q", c.old, l.New, c.want, l.Notes, c.note)
		}
	}
	for _, c := range []struct{ old, want string }{
		{"rm -rf x", "no script"}, {"python tools/train.py", "without a configuration"}, {"python 'tools/train.py", "not closed"},
		{"python tools/publish_model.py a b", "no command of its own"}, {"bash prepare_voc07_cls.sh d", "source \"voc\" reads"}, {"python tools/train.py nowhere.py --cfg-options a.b=1", "nowhere.py"},
	} {
		if l, err := migrate.Command(c.old, opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want an error with %q", c.old, l, err, c.want)
		}
	}
}
