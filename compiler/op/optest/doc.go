// Package optest checks operators and functions on their samples: nobody writes these tests by hand for a new one.
//
// A sample becomes a [Case], a graph of one call with drawn inputs. Of every case the checks state: the shape rule gives the types
// that Eval gives ([Shapes]); the gradient is the central difference of Eval ([Gradient]); a function agrees with its body in
// types, values and gradient ([Body]); the text form reads back ([Text]). [Run] makes a subtest of every operator of a table and
// every sample. The checks return errors, so that their own tests can show that each of them finds what it is for.
//
// Draws depend on nothing but the operator's name, the sample's label and the input's place.
package optest
