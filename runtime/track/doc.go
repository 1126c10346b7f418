// Package track keeps what people and other programs look at while a run goes on: report.html, TensorBoard's event file, MLflow's file store.
//
// A [Tracker] is told what happens and never answers: what it cannot write is a note of one line, and no bit of a run depends on it. report.json holds what other files of the run
// folder do not (measurements, pictures, maps, time by part, environment, command), so that [Remake] can make the page again, also of a run that goes on or has failed.
//
// Cost. A page is made after the first line of metrics.jsonl, then at the end of an epoch or half a minute after the last one, but only while everything that is done here stays
// below 1 % of the time since the process began; and always at the end. A page takes some tenths of a second, nearly all of it the first encoding of pictures. The first and the last
// page are the exception that short runs see, and so is t-SNE, made once, of at most 1,000 queries of an evaluate block: about three seconds of processor time.
//
// Memory: at most 20,000 lines of metrics, some 150 pictures of at most 128x128 pixels, and features of at most 2^21 numbers while a map is made: below 100 MB in all.
//
//	t := track.New(track.Options{Command: "ssc run simclr.hcl"})
//	err := train.Run(ctx, p, models, train.Options{Dir: dir, Track: t})
//
// Neighbours: runtime/train tells what happens, runtime/report draws, runtime/probe measures.
package track
