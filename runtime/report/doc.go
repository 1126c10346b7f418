// Package report shows what a run did: one HTML file that holds everything it needs, pictures of views and neighbours, maps of embeddings, and the files that
// TensorBoard and MLflow read.
//
// A page is a function of the [Run] alone: the same Run gives the same bytes. It asks for nothing from a network and works without scripts; a content security policy
// in its head holds it to that. Text that comes from outside (names of files, classes, messages) is escaped wherever it stands.
//
//	r := &report.Run{Name: p.Name, Algorithm: "simclr", Status: report.Running, Command: "ssc run simclr.hcl"}
//	r.Records, err = report.ReadMetrics("runs/x/metrics.jsonl")
//	g, err := report.Views(report.BatchOf(dataset.Views, batch.Views), 8)
//	r.Galleries = append(r.Galleries, g)
//	err = report.Write(w, r)
//
// For other tools: [Events] writes what TensorBoard reads, [WriteMLflow] MLflow's file store. Weights & Biases has no documented format for a run that was made offline,
// but imports TensorBoard events (wandb sync FOLDER).
//
// Neighbours: runtime/train makes the numbers, runtime/loader the views, runtime/probe the features; cmd fills in configuration and environment.
package report
