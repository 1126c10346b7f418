package migrate

// tool is a script of upstream and what stands for it.
type tool struct {
	script string // by its name, without folders
	form   string // how it is called
	new    string // the command in ssc; empty when there is none. IN and OUT are the two arguments of a script of data
	note   string
	launch int  // arguments before the configuration: the partition and name of a job
	trains bool // it takes a configuration and the flags of train.py
}

// Words of the table: CONFIG is a configuration, RUN the folder of a run.
const (
	noStep  = "no step of its own: "
	elseway = "another program's work: "
)

// tools is the table of the manual: every script in upstream's tools/ and benchmarks/.
var tools = []tool{
	{"train.py", "train.py CONFIG", "ssc run CONFIG.hcl", "", 0, true},
	{"single_train.sh", "single_train.sh CONFIG", "ssc run CONFIG.hcl", "", 0, true},
	{"dist_train.sh", "dist_train.sh CONFIG GPUS", "ssc run CONFIG.hcl", "", 0, true},
	{"slurm_train.sh", "slurm_train.sh PARTITION JOB CONFIG", "srun -p PARTITION -J JOB ssc run CONFIG.hcl", "", 2, true},
	{"srun_train.sh", "srun_train.sh PARTITION CONFIG GPUS", "srun -p PARTITION ssc run CONFIG.hcl", "", 1, true},
	{"test.py", "test.py CONFIG CHECKPOINT", "ssc evaluate RUN", "measures what the evaluate blocks say", 0, false},
	{"dist_test.sh", "dist_test.sh CONFIG GPUS CHECKPOINT", "ssc evaluate RUN", "", 0, false},
	{"slurm_test.sh", "slurm_test.sh PARTITION JOB CONFIG CHECKPOINT", "ssc evaluate RUN", "", 0, false},
	{"srun_test.sh", "srun_test.sh PARTITION CONFIG CHECKPOINT", "ssc evaluate RUN", "", 0, false},

	{"dist_train_linear.sh", "dist_train_linear.sh CONFIG WEIGHTS", "ssc run CONFIG.hcl -set 'train.init_from.checkpoint=\"RUN\"'", "algorithm classification with frozen_stages = 4; or evaluate \"linear_sgd\" in the pipeline of pre-training", 0, true},
	{"slurm_train_linear.sh", "slurm_train_linear.sh PARTITION JOB CONFIG WEIGHTS", "srun -p PARTITION -J JOB ssc run CONFIG.hcl -set 'train.init_from.checkpoint=\"RUN\"'", "", 2, true},
	{"srun_train_linear.sh", "srun_train_linear.sh PARTITION CONFIG WEIGHTS", "srun -p PARTITION ssc run CONFIG.hcl -set 'train.init_from.checkpoint=\"RUN\"'", "", 1, true},
	{"dist_train_semi.sh", "dist_train_semi.sh CONFIG WEIGHTS", "ssc run CONFIG.hcl -set 'train.init_from.checkpoint=\"RUN\"'", "", 0, true},
	{"slurm_train_semi.sh", "slurm_train_semi.sh PARTITION JOB CONFIG WEIGHTS", "srun -p PARTITION -J JOB ssc run CONFIG.hcl -set 'train.init_from.checkpoint=\"RUN\"'", "", 2, true},
	{"srun_train_semi.sh", "srun_train_semi.sh PARTITION CONFIG WEIGHTS", "srun -p PARTITION ssc run CONFIG.hcl -set 'train.init_from.checkpoint=\"RUN\"'", "", 1, true},
	{"mim_dist_train.sh", "mim_dist_train.sh CONFIG WEIGHTS", "ssc run CONFIG.hcl -set 'train.init_from.checkpoint=\"RUN\"'", "for a classifier", 0, true},
	{"mim_slurm_train.sh", "mim_slurm_train.sh PARTITION CONFIG WEIGHTS", "srun -p PARTITION ssc run CONFIG.hcl -set 'train.init_from.checkpoint=\"RUN\"'", "for a classifier", 1, true},
	{"mim_dist_test.sh", "mim_dist_test.sh CONFIG CHECKPOINT", "ssc evaluate RUN", "for a classifier", 0, false},
	{"mim_slurm_test.sh", "mim_slurm_test.sh PARTITION CONFIG CHECKPOINT", "ssc evaluate RUN", "for a classifier", 0, false},

	{"test_knn.py", "test_knn.py CONFIG --checkpoint WEIGHTS", "ssc evaluate RUN", "evaluate \"knn\" in the pipeline of pre-training; its datasets are bank and test", 0, false},
	{"dist_test_knn_pretrain.sh", "dist_test_knn_pretrain.sh CONFIG WEIGHTS", "ssc evaluate RUN", "as test_knn.py", 0, false},
	{"dist_test_knn_epoch.sh", "dist_test_knn_epoch.sh CONFIG EPOCH", "ssc evaluate RUN", "monitor \"knn\" measures while training runs", 0, false},
	{"slurm_test_knn_pretrain.sh", "slurm_test_knn_pretrain.sh PARTITION JOB CONFIG WEIGHTS", "ssc evaluate RUN", "as test_knn.py", 0, false},
	{"slurm_test_knn_epoch.sh", "slurm_test_knn_epoch.sh PARTITION JOB CONFIG EPOCH", "ssc evaluate RUN", "as test_knn.py", 0, false},
	{"dist_test_knn.sh", "dist_test_knn.sh CONFIG WEIGHTS", "ssc evaluate RUN", "as test_knn.py", 0, false},
	{"slurm_test_knn.sh", "slurm_test_knn.sh PARTITION JOB CONFIG WEIGHTS", "ssc evaluate RUN", "as test_knn.py", 0, false},
	{"dist_test_svm_pretrain.sh", "dist_test_svm_pretrain.sh CONFIG WEIGHTS LAYERS", "ssc evaluate RUN", "evaluate \"svm\", with low_shot for few images; costs, folds and the area under the curve are upstream's", 0, false},
	{"dist_test_svm_epoch.sh", "dist_test_svm_epoch.sh CONFIG EPOCH LAYERS", "ssc evaluate RUN", "evaluate \"svm\"", 0, false},
	{"slurm_test_svm_pretrain.sh", "slurm_test_svm_pretrain.sh PARTITION JOB CONFIG WEIGHTS LAYERS", "ssc evaluate RUN", "evaluate \"svm\"", 0, false},
	{"slurm_test_svm_epoch.sh", "slurm_test_svm_epoch.sh PARTITION JOB CONFIG EPOCH LAYERS", "ssc evaluate RUN", "evaluate \"svm\"", 0, false},
	{"srun_test_svm_pretrain.sh", "srun_test_svm_pretrain.sh PARTITION CONFIG WEIGHTS LAYERS", "ssc evaluate RUN", "evaluate \"svm\"", 0, false},
	{"srun_test_svm_epoch.sh", "srun_test_svm_epoch.sh PARTITION CONFIG EPOCH LAYERS", "ssc evaluate RUN", "evaluate \"svm\"", 0, false},
	{"extract.py", "extract.py CONFIG --checkpoint WEIGHTS", "", noStep + "probes extract the features that they measure; extract.onnx gives them to other programs", 0, false},
	{"dist_extract.sh", "dist_extract.sh CONFIG GPUS WORK_DIR", "", "as extract.py", 0, false},
	{"slurm_extract.sh", "slurm_extract.sh PARTITION JOB CONFIG WORK_DIR", "", "as extract.py", 0, false},
	{"srun_extract.sh", "srun_extract.sh PARTITION CONFIG WORK_DIR", "", "as extract.py", 0, false},
	{"eval_svm_full.sh", "eval_svm_full.sh DIR LAYERS", "ssc evaluate RUN", "evaluate \"svm\"", 0, false},
	{"eval_svm_lowshot.sh", "eval_svm_lowshot.sh DIR LAYERS", "ssc evaluate RUN", "evaluate \"svm\" with low_shot", 0, false},
	{"train_svm_kfold.py", "train_svm_kfold.py", "ssc evaluate RUN", "part of evaluate \"svm\"", 0, false},
	{"train_svm_kfold_parallel.py", "train_svm_kfold_parallel.py", "ssc evaluate RUN", "part of evaluate \"svm\"", 0, false},
	{"train_svm_low_shot.py", "train_svm_low_shot.py", "ssc evaluate RUN", "part of evaluate \"svm\"", 0, false},
	{"train_svm_low_shot_parallel.py", "train_svm_low_shot_parallel.py", "ssc evaluate RUN", "part of evaluate \"svm\"", 0, false},
	{"test_svm.py", "test_svm.py", "ssc evaluate RUN", "part of evaluate \"svm\"", 0, false},
	{"test_svm_low_shot.py", "test_svm_low_shot.py", "ssc evaluate RUN", "part of evaluate \"svm\"", 0, false},
	{"aggregate_low_shot_svm_stats.py", "aggregate_low_shot_svm_stats.py", "ssc evaluate RUN", "part of evaluate \"svm\"", 0, false},
	{"svm_helper.py", "svm_helper.py", "", noStep + "a library of the scripts around it", 0, false},
	{"voc07.py", "voc07.py", "", noStep + "a dataset block says where images are", 0, false},

	{"analyze_logs.py", "analyze_logs.py plot_curve LOG", "ssc show RUN", "report.html and TensorBoard's files in the run folder have the curves", 0, false},
	{"browse_dataset.py", "browse_dataset.py CONFIG", "ssc run CONFIG.hcl -steps 1", "the run folder has pictures of the views", 0, false},
	{"count_parameters.py", "count_parameters.py CONFIG", "ssc plan CONFIG.hcl", "", 0, false},
	{"visualize_tsne.py", "visualize_tsne.py CONFIG --checkpoint WEIGHTS", "", noStep + "report.html has a map of the embeddings", 0, false},
	{"visualize_reconstruction.py", "visualize_reconstruction.py CONFIG", "", "masked methods are not there", 0, false},
	{"visualize_shape_bias.py", "visualize_shape_bias.py", "", "not there", 0, false},
	{"mae_visualization.py", "mae_visualization.py CONFIG", "", "masked methods are not there", 0, false},
	{"utils.py", "utils.py", "", noStep + "a library of the scripts around it", 0, false},
	{"print_config.py", "print_config.py CONFIG", "ssc config CONFIG.hcl", "with -origin the place of every value", 0, false},

	{"extract_backbone_weights.py", "extract_backbone_weights.py CHECKPOINT OUT", "ssc export RUN -format mmselfsup", "the same file; train.init_from needs none of it, since it takes the tensors under a prefix", 0, false},
	{"publish_model.py", "publish_model.py IN OUT", "", noStep + "weights.safetensors has no state of the optimizer, its manifest the sha256; `ssc migrate weights` leaves that state out", 0, false},
	{"upgrade_models.py", "upgrade_models.py IN OUT", "", "not there", 0, false},
	{"mmcls2timm.py", "mmcls2timm.py IN OUT", "ssc export RUN -format timm", "", 0, false},
	{"kill.sh", "kill.sh", "", noStep + "Ctrl-C ends a run at a checkpoint", 0, false},

	{"convert_subset.py", "convert_subset.py IN OUT", "ssc data subset IN data/imagenet/meta/train_labeled.txt OUT", "for pipelines that name the list; source \"subset\" takes IN as it is, or a fraction", 0, false},
	{"convert_imagenet_subsets.py", "convert_imagenet_subsets.py IN OUT", "ssc data subset IN data/imagenet/meta/train_labeled.txt OUT", "for pipelines that name the list; source \"subset\" takes IN as it is, or a fraction", 0, false},
	{"convert_inaturalist.py", "convert_inaturalist.py IN OUT", "ssc data inaturalist IN OUT", "", 0, false},
	{"create_voc_data_files.py", "create_voc_data_files.py", "", noStep + "source \"voc\" reads the lists of the archives themselves", 0, false},
	{"create_voc_low_shot_challenge_samples.py", "create_voc_low_shot_challenge_samples.py", "", noStep + "evaluate \"svm\" draws the samples", 0, false},
	{"prepare_voc07_cls.sh", "prepare_voc07_cls.sh", "", noStep + "unpack the two archives of VOC2007: source \"voc\" reads what is in them, and evaluate \"svm\" draws the samples of few images", 0, false},

	{"train_net.py", "train_net.py", "", elseway + "detectron2", 0, false},
	{"convert-pretrain-to-detectron2.py", "convert-pretrain-to-detectron2.py IN OUT", "", elseway + "it starts from what `ssc export RUN -format torchvision` writes", 0, false},
	{"run.sh", "detectron2/run.sh", "", elseway + "detectron2", 0, false},
	{"slurm_run.sh", "detectron2/slurm_run.sh", "", elseway + "detectron2", 0, false},
	{"mim_dist_train_c4.sh", "mim_dist_train_c4.sh", "", elseway + "mmdetection", 0, false},
	{"mim_dist_train_fpn.sh", "mim_dist_train_fpn.sh", "", elseway + "mmdetection", 0, false},
	{"mim_slurm_train_c4.sh", "mim_slurm_train_c4.sh", "", elseway + "mmdetection", 0, false},
	{"mim_slurm_train_fpn.sh", "mim_slurm_train_fpn.sh", "", elseway + "mmdetection", 0, false},
}

// oldFlag is a flag of upstream's train.py.
type oldFlag struct {
	name  string
	value bool
	why   string // what becomes of it; empty when it is translated
}

var oldFlags = []oldFlag{
	{"work-dir", true, ""}, {"seed", true, ""}, {"cfg-options", true, ""}, {"options", true, ""}, {"pretrained", true, ""}, {"auto-scale-lr", false, "write the learning rate that is meant"},
	{"resume-from", true, "a run goes on where its folder stands by the same command; the state in a pickle cannot be taken over"},
	{"resume", false, "a run goes on where its folder stands by the same command"},
	{"auto-resume", false, "a run goes on where its folder stands by the same command"},
	{"load-from", true, ""},
	{"amp", false, "the run is in float32"},
	{"deterministic", false, "runs are deterministic"}, {"diff-seed", false, "one process has one seed"}, {"no-validate", false, "leave out the monitor blocks"},
	{"gpus", true, "see -device"}, {"gpu-ids", true, "see -device"}, {"gpu-id", true, "see -device"}, {"launcher", true, "one process"}, {"port", true, "one process"}, {"local_rank", true, "one process"},
	{"local-rank", true, "one process"}, {"nproc_per_node", true, ""}, {"nproc-per-node", true, ""}, {"nnodes", true, "one process"}, {"node_rank", true, "one process"}, {"master_port", true, "one process"},
	{"master_addr", true, "one process"}, {"use-env", false, "one process"},
}
