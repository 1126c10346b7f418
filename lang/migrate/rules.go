package migrate

import (
	"fmt"
	"strings"

	"ssc/lang/migrate/python"
)

// typeRule is a type of upstream that has another name today. Types whose name says the same as ssc's component (SimCLR, simclr; NonLinearNeck, nonlinear) and those that a component's
// manual shows under "In MMSelfSup" need no rule.
type typeRule struct {
	kind     string // of the component
	from, to string // type upstream, name in ssc
	why      string // empty when nothing else changes
}

// typeRules is the table of the manual.
var typeRules = []typeRule{
	{"algorithm", "MOCO", "moco", ""},
	{"algorithm", "ImageClassifier", "classification", "MMClassification's classifier; a neck that only averages becomes with_avg_pool of the head"},
	{"algorithm", "MMClsImageClassifierWrapper", "classification", "MMClassification's classifier"},
	{"backbone", "MoCoV3ViT", "vision_transformer", ""},
	{"backbone", "ResNetSobel", "resnet", "with_sobel is written out"},
	{"neck", "NonLinearNeckV0", "odc", "its norm is of the whole batch, so sync_bn is left out"},
	{"neck", "NonLinearNeckV1", "moco_v2", ""},
	{"neck", "NonLinearNeckV2", "nonlinear", "two layers with biases, no norm after the last"},
	{"neck", "NonLinearNeckSimCLR", "nonlinear", "sync_bn becomes a norm block, with_bias also means the last layer"},
	{"neck", "AvgPoolNeck", "avg_pool2d", ""},
	{"neck", "SwAVNeck", "swav", ""},
	{"head", "LinearClsHead", "cls", "the average that its neck makes becomes with_avg_pool"},
	{"head", "VisionTransformerClsHead", "cls", ""},
	{"source", "Cifar10", "cifar10", "root becomes data_prefix"},
	{"source", "Cifar100", "cifar100", "root becomes data_prefix"},
	{"source", "ImageNet", "image_list", "without a list file image_folder"},
	{"source", "DeepClusterImageNet", "image_list", "the clusters that it keeps are the algorithm's"},
	{"source", "ImageNet21k", "image_folder", ""},
	{"source", "Places205", "image_list", ""},
	{"source", "ImageList", "image_list", ""},
	{"transform", "RandomFlip", "random_horizontal_flip", "prob becomes p"},
	{"transform", "RandomApply", "random_applied_trans", "prob becomes p"},
	{"transform", "RandomGaussianBlur", "gaussian_blur", "prob becomes p"},
	{"transform", "RandomSolarize", "solarization", "prob becomes p"},
	{"transform", "ResizeEdge", "resize", "scale becomes size, the shorter side"},
	{"transform", "mmcls.torchvision/Resize", "resize", ""},
	{"norm", "BN", "bn", ""}, {"norm", "BN1d", "bn", ""}, {"norm", "BN2d", "bn", ""}, {"norm", "SyncBN", "sync_bn", ""}, {"norm", "LN", "ln", ""}, {"norm", "GN", "gn", ""},
	{"schedule", "step", "step", ""}, {"schedule", "CosineAnnealing", "cosine", ""}, {"schedule", "StepFixCosineAnnealing", "cosine", "the curve starts when the warm-up ends"},
	{"schedule", "poly", "polynomial", ""}, {"schedule", "fixed", "constant", ""},
	{"schedule", "CosineAnnealingLR", "cosine", ""}, {"schedule", "MultiStepLR", "step", ""}, {"schedule", "PolyLR", "polynomial", ""}, {"schedule", "ConstantLR", "constant", ""},
}

// argRule is an argument that has another name, or none, today. Arguments of the same name need no rule.
type argRule struct {
	kind, typ string // of the component; an empty type means all of the kind
	arg       string
	to        string // the name in ssc; empty drops the argument
	only      string // Python's spelling of the one value that may be dropped; another is left to a person
	why       string
}

var argRules = []argRule{
	{"algorithm", "", "pretrained", "", "None", "weights to start from stand in train.init_from"},
	{"algorithm", "", "init_cfg", "", "", "parameters start as their components say"},
	{"algorithm", "", "train_cfg", "", "", ""}, {"algorithm", "", "test_cfg", "", "", ""},
	{"algorithm", "", "data_preprocessor", "", "", "mean and std become normalize in the views"},
	{"algorithm", "", "memory_bank", "memory", "", ""},
	{"algorithm", "BYOL", "pre_conv", "", "", "upstream ignores it too"},
	{"algorithm", "", "with_sobel", "", "False", "True becomes with_sobel of the backbone"},

	{"backbone", "", "in_channels", "", "3", "channels are those of the images"},
	{"backbone", "", "init_cfg", "", "", "parameters start as the component says"},
	{"backbone", "", "pretrained", "", "None", "weights to start from stand in train.init_from"},
	{"backbone", "", "with_cp", "", "False", "the default; True becomes train.recompute = \"block\""}, {"backbone", "", "conv_cfg", "", "None", ""},
	{"backbone", "", "drop_path_rate", "", "0.0", ""}, {"backbone", "", "expansion", "", "None", ""},
	{"backbone", "VisionTransformer", "norm_eval", "", "", "there is no batch norm in it"}, {"backbone", "MoCoV3ViT", "norm_eval", "", "", "there is no batch norm in it"},

	{"neck", "", "init_cfg", "", "", "parameters start as the component says"},
	{"neck", "", "vit_backbone", "", "", "a backbone gives the token or map that its out_type says"},
	{"head", "", "init_cfg", "", "", "parameters start as the component says"},
	{"head", "", "vit_backbone", "", "", "a backbone gives the token or map that its out_type says"},
	{"head", "LatentPredictHead", "size_average", "", "True", "the loss is a mean"},
	{"head", "MultiClsHead", "backbone", "", "", "the sizes of the maps are known from the graph"},
	{"head", "", "topk", "", "", "accuracy is measured by monitor and evaluate"},
	{"head", "", "cal_acc", "", "", "accuracy is measured by monitor and evaluate"},
	{"head", "VisionTransformerClsHead", "hidden_dim", "", "None", ""}, {"head", "VisionTransformerClsHead", "act_cfg", "", "", "it belongs to a hidden layer"},

	{"algorithm", "ODCMemory", "debug", "", "False", ""}, {"algorithm", "InterCLRMemory", "debug", "", "False", ""},
	{"algorithm", "InterCLRMoCo", "intra_cos_marign_loss", "intra_cos_margin_loss", "", ""}, {"algorithm", "InterCLRMoCo", "intra_arc_marign_loss", "intra_arc_margin_loss", "", ""},
	{"algorithm", "InterCLRMoCo", "inter_cos_marign_loss", "inter_cos_margin_loss", "", ""}, {"algorithm", "InterCLRMoCo", "inter_arc_marign_loss", "inter_arc_margin_loss", "", ""},

	{"norm", "", "requires_grad", "", "True", ""},

	{"source", "", "root", "data_prefix", "", ""}, {"source", "", "list_file", "ann_file", "", ""},
	{"source", "", "memcached", "", "", "files are read from disk"}, {"source", "", "mclient_path", "", "", "files are read from disk"},
	{"source", "", "file_client_args", "", "", "files are read from disk"}, {"source", "", "return_label", "", "", "a source gives the labels that it has"},
	{"source", "", "color_type", "", "'color'", ""}, {"source", "", "channel_order", "", "'rgb'", ""}, {"source", "", "classes", "", "None", ""}, {"source", "", "pipeline", "", "", ""},

	{"transform", "", "prob", "p", "", ""}, {"transform", "", "backend", "", "", ""}, {"transform", "CenterCrop", "crop_size", "size", "", ""},
	{"transform", "RandomCrop", "crop_size", "size", "", ""}, {"transform", "RandomFlip", "direction", "", "'horizontal'", ""},
	{"transform", "ResizeEdge", "scale", "size", "", ""}, {"transform", "ResizeEdge", "edge", "", "'short'", ""},
	{"transform", "RandomGrayscale", "keep_channels", "", "True", ""}, {"transform", "RandomGrayscale", "channel_weights", "", "", "the weights are those of ITU-R 601, on red, green and blue"},
	{"transform", "Normalize", "to_rgb", "", "", "images are RGB"}, {"transform", "RandomCrop", "pad_val", "fill", "", ""},
	{"transform", "RandomResizedCrop", "crop_ratio_range", "scale", "", ""}, {"transform", "RandomResizedCrop", "aspect_ratio_range", "ratio", "", ""},
	{"transform", "RandomResizedCrop", "max_attempts", "", "10", ""},
	{"transform", "RandomErasing", "erase_prob", "p", "", ""},
	{"transform", "Lighting", "eigval", "", "[55.4625, 4.794, 1.1475]", "the components are those of ImageNet's colours"},
	{"transform", "Lighting", "eigvec", "", "[[-0.5836, -0.6948, 0.4203], [-0.5808, -0.0045, -0.814], [-0.5675, 0.7192, 0.4009]]", "the components are those of ImageNet's colours"},
	{"transform", "Lighting", "to_rgb", "", "", "images are RGB"},

	{"loader", "", "sampling_replace", "replace", "", "an epoch draws as many images as there are, each from all of them"},

	{"optimizer", "", "paramwise_options", "", "", "each becomes a group"},
	{"schedule", "", "policy", "", "", ""}, {"schedule", "", "warmup_iters", "warmup_length", "", ""},
	{"schedule", "step", "step", "milestones", "", ""}, {"schedule", "", "by_epoch", "by", "", "\"epoch\" or \"step\""},
	{"schedule", "", "warmup_by_epoch", "warmup_by", "", "\"epoch\" or \"step\""},
}

// changedDefault is an argument that meant something else upstream when it was left out: it is written out.
type changedDefault struct {
	kind, typ string // type upstream
	era       era    // 0 for all
	arg, text string
	why       string
}

var changedDefaults = []changedDefault{
	{"backbone", "ResNetSobel", 0, "with_sobel", "true", "the type says it"},
	{"backbone", "ResNet", eraOpenSelfSup, "out_indices", "[0, 1, 2, 3, 4]", "that was OpenSelfSup's default"},
	{"head", "MultiClsHead", 0, "in_indices", "[0]", "that was upstream's default"},
	{"neck", "NonLinearNeckV2", 0, "num_layers", "2", "NonLinearNeckV2 has it so"},
	{"neck", "NonLinearNeckV2", 0, "with_bias", "true", "NonLinearNeckV2 has it so"},
	{"neck", "NonLinearNeckV2", 0, "with_last_bias", "true", "NonLinearNeckV2 has it so"},
	{"neck", "NonLinearNeckV2", 0, "with_last_bn", "false", "NonLinearNeckV2 has it so"},
	{"transform", "GaussianBlur", eraOpenSelfSup, "p", "1", "OpenSelfSup's always acts"},
	{"transform", "RandomGrayscale", era1x, "p", "0.5", "that was mmcv's default"},
	{"transform", "RandomFlip", era1x, "p", "0", "without prob it flips nothing"},
	{"optimizer", "LARS", eraOpenSelfSup, "eps", "0", "OpenSelfSup's had none"},
	{"transform", "Solarization", eraOpenSelfSup, "p", "1", "OpenSelfSup's always acts"},
}

// datasetRule is a type of dataset of OpenSelfSup and 0.x, which holds a source; how many views there are is said by blocks today.
type datasetRule struct{ typ, to, why string }

var datasetRules = []datasetRule{
	{"ClassificationDataset", "one view", ""}, {"ExtractDataset", "one view", ""}, {"NPIDDataset", "one view", ""}, {"SingleViewDataset", "one view", ""}, {"OneViewDataset", "one view", ""},
	{"ContrastiveDataset", "a view with count = 2", ""}, {"BYOLDataset", "a view for each of the two pipelines", ""}, {"MultiViewDataset", "a view for each pipeline, with its number as count", ""},
	{"DeepClusterDataset", "one view, whose clusters the algorithm keeps", ""},
	{"RelativeLocDataset", "one view", "patches are made by the algorithm"}, {"RotationPredDataset", "one view", "rotations are made by the algorithm"},
}

// topRule is a key of the file that has no counterpart.
type topRule struct{ key, why string }

// dropped are the keys of a file that need no counterpart.
var dropped = []topRule{
	{"dist_params", "processes are started from outside"}, {"launcher", "processes are started from outside"},
	{"cudnn_benchmark", "of PyTorch"}, {"log_level", "see -json"}, {"persistent_workers", "threads live as long as the run"},
	{"opencv_num_threads", "of OpenCV"}, {"mp_start_method", "there are threads, no processes"}, {"find_unused_parameters", "of PyTorch"}, {"prefetch", "batches are always made ahead"},
	{"env_cfg", "of PyTorch"}, {"default_scope", "names need no scope"}, {"visualizer", "pictures are in the report"}, {"vis_backends", "pictures are in the report"},
	{"log_processor", "see log_every"}, {"train_dataset_type", ""}, {"deterministic", "always"}, {"seed", "becomes pipeline.seed"},
	{"val_cfg", "see monitor and evaluate"}, {"test_cfg", "see monitor and evaluate"}, {"test_dataloader", "as val_dataloader"}, {"test_evaluator", "see monitor and evaluate"},
	{"auto_resume", "the same command goes on"}, {"work_dir", "see -run"}, {"gpu_ids", "see -device"},
}

// isNone reports whether a value says nothing.
func isNone(v python.Value) bool { return v.X == nil }

// Manual is the page on what has another name, another default or no counterpart in ssc, in Markdown, printed from the tables that convert.
func Manual() string {
	var b strings.Builder
	b.WriteString("# migrate\n\nWhat `ssc migrate` knows. [Migrating](../migrating.md) is the guide.\n\n## Types\n\n" +
		"A type that is not here is found by its name (`SimCLR` is `simclr`, `NonLinearNeck` is `nonlinear`) or by what the manual of a component shows under \"In MMSelfSup\".\n\n" +
		"| type upstream | in ssc | what else changes |\n| --- | --- | --- |\n")
	for _, r := range typeRules {
		row(&b, "`"+r.from+"`", r.kind+" `"+r.to+"`", r.why)
	}
	b.WriteString("\n## Datasets\n\n| type of data.train | in ssc | what else changes |\n| --- | --- | --- |\n")
	for _, r := range datasetRules {
		row(&b, "`"+r.typ+"`", r.to, r.why)
	}
	b.WriteString("\n## Arguments\n\nArguments of the same name are not listed. Where a value stands in the third column, only that value may be left out; another one is left to you.\n\n" +
		"| component | argument upstream | in ssc | why |\n| --- | --- | --- | --- |\n")
	for _, r := range argRules {
		to := "–"
		switch {
		case r.to != "":
			to = "`" + r.to + "`"
		case r.only != "":
			to = "–, if it is `" + r.only + "`"
		}
		row(&b, component(r.kind, r.typ), "`"+r.arg+"`", to, r.why)
	}
	b.WriteString("\n## Defaults that were others\n\nWhen they are left out upstream, they are written out.\n\n| type upstream | generation | in ssc | why |\n| --- | --- | --- | --- |\n")
	for _, d := range changedDefaults {
		when := d.era.String()
		if d.era == 0 {
			when = "all"
		}
		row(&b, component(d.kind, d.typ), when, "`"+d.arg+" = "+d.text+"`", d.why)
	}
	b.WriteString("\n## Keys of a file without a counterpart\n\n| key | why |\n| --- | --- |\n")
	for _, r := range dropped {
		row(&b, "`"+r.key+"`", r.why)
	}
	b.WriteString("\n## Commands\n\nRUN is the folder of a run, `runs/NAME`. `ssc migrate -command \"…\"` translates a line with its flags and `--cfg-options`.\n\n| script | command | remarks |\n| --- | --- | --- |\n")
	for _, t := range tools {
		command := "–"
		if t.new != "" {
			command = "`" + t.new + "`"
		}
		row(&b, "`"+t.form+"`", command, strings.TrimPrefix(t.note, noStep))
	}
	b.WriteString("\n### Flags of train.py\n\n| flag | what becomes of it |\n| --- | --- |\n")
	for _, f := range oldFlags {
		why := f.why
		if why == "" {
			why = flagMeaning[f.name]
		}
		row(&b, "`--"+f.name+"`", why)
	}
	return b.String()
}

// flagMeaning is what the translated flags become.
var flagMeaning = map[string]string{
	"work-dir": "`-run`", "seed": "`-set pipeline.seed=`", "cfg-options": "`-set`, by address", "options": "`-set`, by address", "pretrained": "`-set train.init_from.checkpoint=`",
	"load-from": "`-set train.init_from.checkpoint=`", "nproc_per_node": "`ssc migrate -processes`", "nproc-per-node": "`ssc migrate -processes`",
}

func component(kind, typ string) string {
	if typ == "" {
		return kind
	}
	return kind + " `" + typ + "`"
}

func row(b *strings.Builder, cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// Scripts lists the scripts of upstream that the manual speaks of.
func Scripts() []string {
	out := make([]string, len(tools))
	for i, t := range tools {
		out[i] = t.script
	}
	return out
}
