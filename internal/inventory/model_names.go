package inventory

import (
	"slices"
	"strings"
)

// risk is what is known of a callable that a file names. The worst one of a
// file counts.
type risk uint8

const (
	isOrdinary risk = iota // makes an ordinary object of a known library
	isUnknown              // nobody here knows what it does
	isCode                 // runs commands or code that the file brings
)

// ordinary are callables that make objects and do nothing else, by module.
var ordinary = map[string][]string{
	"builtins":                  {"set", "frozenset", "list", "dict", "tuple", "bytearray", "bytes", "str", "int", "float", "bool", "complex", "object", "slice", "range", "xrange", "unicode", "long", "NoneType", "Ellipsis", "NotImplemented"},
	"copyreg":                   {"_reconstructor", "__newobj__", "__newobj_ex__"},
	"collections":               {"OrderedDict", "defaultdict", "Counter", "deque"},
	"datetime":                  {"date", "datetime", "time", "timedelta", "timezone"},
	"decimal":                   {"Decimal"},
	"fractions":                 {"Fraction"},
	"uuid":                      {"UUID"},
	"_codecs":                   {"encode"},
	"array":                     {"array", "_array_reconstructor"},
	"argparse":                  {"Namespace"},
	"types":                     {"SimpleNamespace"},
	"pathlib":                   {"Path", "PosixPath", "PurePath", "PurePosixPath", "WindowsPath", "PureWindowsPath"},
	"numpy":                     {"dtype", "ndarray", "bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "float128", "complex64", "complex128", "str_", "bytes_", "datetime64", "timedelta64"},
	"numpy.core.multiarray":     {"_reconstruct", "scalar"},
	"numpy._core.multiarray":    {"_reconstruct", "scalar"},
	"numpy.core.numeric":        {"_frombuffer"},
	"numpy._core.numeric":       {"_frombuffer"},
	"numpy.ma.core":             {"_mareconstruct", "MaskedArray"},
	"numpy.matrixlib.defmatrix": {"matrix"},
	"numpy.random":              {"RandomState"},
	"numpy.random._pickle":      {"__randomstate_ctor", "__generator_ctor", "__bit_generator_ctor"},
	"numpy.random._mt19937":     {"MT19937"},
	"numpy.random._pcg64":       {"PCG64"},
	"numpy.random.mtrand":       {"RandomState"},
	"joblib.numpy_pickle":       {"NumpyArrayWrapper"},
	"scipy.sparse._csr":         {"csr_matrix", "csr_array"},
	"scipy.sparse._csc":         {"csc_matrix", "csc_array"},
	"scipy.sparse._coo":         {"coo_matrix", "coo_array"},
	"scipy.sparse.csr":          {"csr_matrix"},
	"scipy.sparse.csc":          {"csc_matrix"},
	"scipy.sparse.coo":          {"coo_matrix"},
	"pandas.core.frame":         {"DataFrame"},
	"pandas.core.series":        {"Series"},
	"pandas.core.indexes.base":  {"_new_Index", "Index"},
	"pandas.core.indexes.range": {"RangeIndex"},
	"pandas.core.indexes.multi": {"MultiIndex"},
	"pandas.core.indexes.datetimes": {
		"_new_DatetimeIndex", "DatetimeIndex",
	},
	"pandas.core.indexes.numeric":     {"Int64Index", "UInt64Index", "Float64Index"},
	"pandas.core.internals.managers":  {"BlockManager", "SingleBlockManager"},
	"pandas._libs.internals":          {"_unpickle_block"},
	"pandas.core.internals.blocks":    {"new_block"},
	"pandas._libs.tslibs.timestamps":  {"_unpickle_timestamp", "Timestamp"},
	"pandas.core.arrays.categorical":  {"Categorical"},
	"pandas.core.dtypes.dtypes":       {"CategoricalDtype"},
	"pandas.core.arrays.datetimes":    {"DatetimeArray"},
	"torch":                           {"Size", "device", "dtype", "Tensor", "FloatStorage", "DoubleStorage", "HalfStorage", "BFloat16Storage", "LongStorage", "IntStorage", "ShortStorage", "CharStorage", "ByteStorage", "BoolStorage", "ComplexFloatStorage", "ComplexDoubleStorage", "QInt8Storage", "QUInt8Storage", "QInt32Storage", "float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool", "half", "float", "double", "long", "per_tensor_affine", "per_channel_affine", "strided", "Generator"},
	"torch._utils":                    {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_qtensor", "_rebuild_sparse_tensor", "_rebuild_sparse_csr_tensor", "_rebuild_meta_tensor_no_storage", "_rebuild_device_tensor_from_numpy", "_rebuild_wrapper_subclass"},
	"torch._tensor":                   {"_rebuild_from_type_v2", "Tensor"},
	"torch.nn.parameter":              {"Parameter", "Buffer", "UninitializedParameter"},
	"torch.storage":                   {"UntypedStorage", "TypedStorage", "_load_from_bytes"},
	"torch.serialization":             {"_get_layout"},
	"torch.distributions.constraints": {"_Real"},
	"torch.optim.adam":                {"Adam"},
	"torch.optim.adamw":               {"AdamW"},
	"torch.optim.sgd":                 {"SGD"},
	"tokenizers":                      {"AddedToken"},
	"lightgbm.sklearn":                {"LGBMClassifier", "LGBMRegressor", "LGBMRanker"},
	"lightgbm.basic":                  {"Booster"},
	"xgboost.sklearn":                 {"XGBClassifier", "XGBRegressor", "XGBRanker"},
	"xgboost.core":                    {"Booster"},
}

// families are modules whose classes, not their functions, are ordinary: making
// one keeps what it is given and runs nothing of the file's own.
var families = []string{"sklearn.", "torch.nn.modules."}

// notFamilies are parts of them of which that is not so.
var notFamilies = []string{"sklearn.externals.", "sklearn.utils._testing", "sklearn.datasets.", "sklearn.conftest"}

// coders are modules that run commands or code, load more of it, reach other
// machines, change files, or build functions out of bytes.
var coders = []string{
	"os", "posix", "nt", "posixpath", "ntpath", "subprocess", "_posixsubprocess", "sys", "socket", "_socket", "shutil", "runpy", "importlib", "imp", "pty",
	"webbrowser", "ctypes", "_ctypes", "cffi", "code", "codeop", "pdb", "bdb", "profile", "cProfile", "timeit", "trace", "asyncio", "multiprocessing",
	"threading", "_thread", "concurrent", "pickle", "_pickle", "cPickle", "marshal", "types", "operator", "_operator", "http", "urllib", "urllib2", "urllib3",
	"requests", "httpx", "aiohttp", "ftplib", "smtplib", "telnetlib", "xmlrpc", "ssl", "pip", "setuptools", "pkg_resources", "distutils", "ensurepip", "venv", "zipimport",
	"pkgutil", "pydoc", "doctest", "idlelib", "lib2to3", "site", "signal", "commands", "popen2", "platform", "antigravity", "inspect", "gc", "mmap",
	"dill", "cloudpickle", "jsonpickle", "shelve", "tempfile", "fileinput", "io", "_io", "builtins", "logging", "unittest", "test", "nose", "tkinter", "turtle",
	"compileall", "py_compile", "sqlite3", "torch.hub", "torch.package", "torch.utils.cpp_extension", "torch.jit", "torch._inductor", "numpy.testing", "numpy.f2py",
	"numpy.distutils", "numpy.ctypeslib", "joblib.externals", "sklearn.externals", "functools", "copyreg", "atexit", "readline", "rlcompleter", "getpass", "crypt", "select",
}

// oldModules are Python 2's names, which pickle still translates.
var oldModules = map[string]string{
	"__builtin__": "builtins", "copy_reg": "copyreg", "cPickle": "pickle", "exceptions": "builtins", "thread": "_thread", "commands": "subprocess",
}

// judgeName says what is known of a callable. Nobody vouches for a name with a dot
// in it: it reaches through one object to another.
func judgeName(module, name string) risk {
	if m, ok := oldModules[module]; ok {
		module = m
	}
	if slices.Contains(ordinary[module], name) {
		return isOrdinary
	}
	if module == "builtins" && (strings.HasSuffix(name, "Error") || strings.HasSuffix(name, "Exception") || strings.HasSuffix(name, "Warning")) && !strings.Contains(name, ".") {
		return isOrdinary
	}
	for _, part := range coders {
		if module == part || strings.HasPrefix(module, part+".") {
			return isCode
		}
	}
	if strings.Contains(name, ".") {
		for part := range strings.SplitSeq(name, ".") {
			if slices.Contains(coders, part) {
				return isCode
			}
		}
		return isUnknown
	}
	if slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(module, f) }) &&
		!slices.ContainsFunc(notFamilies, func(f string) bool { return strings.HasPrefix(module+".", f) }) && isClassName(name) {
		return isOrdinary
	}
	return isUnknown
}

// isClassName reports whether name is spelt as Python spells classes.
func isClassName(name string) bool {
	name = strings.TrimLeft(name, "_")
	return name != "" && name[0] >= 'A' && name[0] <= 'Z' && strings.ToUpper(name) != name || name == "SVC" || name == "SVR" || name == "NMF" || name == "PCA"
}

// loaders read a pickle that they are given as bytes.
func loads(module, name string) bool {
	switch module {
	case "pickle", "_pickle", "cPickle", "dill", "dill._dill", "cloudpickle", "cloudpickle.cloudpickle":
		return name == "loads"
	case "torch.storage":
		return name == "_load_from_bytes"
	}
	return false
}
