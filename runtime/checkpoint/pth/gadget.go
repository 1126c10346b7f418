package pth

import (
	"fmt"
	"slices"
	"strings"
)

// gadgets are modules of Python whose functions run programs or code, load code, or reach the network, and what malicious pickles call for that. nil stands for all names of the module and of those inside it.
// Nothing of a file is ever called here; a file that names one of these is refused, so that the person hears what it would do in Python. Names that weights do have beside them, such as those of arguments,
// numbers of NumPy and bound methods, are none of these.
var gadgets = map[string][]string{
	"builtins":    {"eval", "exec", "execfile", "compile", "open", "input", "breakpoint", "apply", "__import__", "globals"},
	"__builtin__": {"eval", "exec", "execfile", "compile", "open", "input", "apply", "__import__", "globals"},
	"os":          nil, "posix": nil, "nt": nil, "subprocess": nil, "commands": {"getoutput", "getstatusoutput"}, "pty": nil, "sys": nil, "shutil": nil, "ctypes": nil, "_ctypes": nil,
	"runpy": nil, "importlib": nil, "imp": nil, "code": {"InteractiveInterpreter", "InteractiveConsole", "interact"}, "codeop": nil, "pdb": nil, "bdb": nil, "timeit": nil, "profile": {"run", "runctx", "Profile"}, "cProfile": nil, "trace": {"Trace"}, "doctest": nil, "pydoc": nil,
	"pip": nil, "ensurepip": nil, "venv": {"create", "main", "EnvBuilder"}, "distutils": nil, "setuptools": nil, "lib2to3": nil, "idlelib": nil,
	"socket": nil, "ssl": nil, "http": nil, "httplib": nil, "urllib": nil, "urllib2": nil, "requests": nil, "aiohttp": nil, "webbrowser": nil, "ftplib": nil, "smtplib": nil,
	"pickle": nil, "_pickle": nil, "cPickle": nil, "dill": nil, "cloudpickle": nil, "marshal": nil, "torch.hub": nil, "torch.jit": nil,
	"torch.serialization": {"load", "_load", "_legacy_load"}, "operator": {"attrgetter", "methodcaller"}, "numpy.testing": nil, "multiprocessing.util": nil, "asyncio": nil,
}

// refuse reports a name of the kind that malicious pickles call.
func (g global) refuse() error {
	for module := g.module; module != ""; {
		if names, bad := gadgets[module]; bad && (names == nil || module == g.module && slices.Contains(names, strings.SplitN(g.name, ".", 2)[0])) {
			return fmt.Errorf("it names %s.%s, which no weights need and malicious files call: Python would run it when it loads this file", g.module, g.name)
		}
		i := strings.LastIndexByte(module, '.')
		module = module[:max(i, 0)]
	}
	return nil
}
