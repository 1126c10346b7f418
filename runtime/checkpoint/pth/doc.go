// Package pth reads the weights in files that PyTorch saved (.pth, .pt), without executing anything: a pickle is a program, and this reader knows the few instructions and names that describe
// tensors. Everything else in the file, such as an optimizer's state or an argument object, is passed over as an opaque value;
// a file that names what malicious ones call is refused.
//
// Both forms are read: the zip archive of PyTorch 1.6 and later, and the stream before it. Lengths are compared with the bytes that are left before anything is allocated; the stack, the memo and
// the number of instructions are bounded.
//
//	tensors, err := pth.Read(file, size)
package pth
