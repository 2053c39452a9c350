package inventory

import "github.com/landwaiter/landwaiter"

// headSize is how much of a file's beginning says what it is.
const headSize = 512

// formats is the table of what files are. Of rows with first bytes the first that
// fits wins; where none does, the end of the name decides.
var formats = []format{
	// Programs, and what is compiled.
	{name: "ELF", kind: landwaiter.FileProgram, magics: begins("\x7fELF"), need: needWhole, look: lookELF},
	{name: "Windows program", kind: landwaiter.FileProgram, magics: begins("MZ"), check: isDOS, need: needStart, look: lookPE},
	{name: "macOS program", kind: landwaiter.FileProgram, magics: begins("\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", "\xca\xfe\xba\xbe"), check: isFat, need: needStart, look: lookMachO},
	{name: "Java class", kind: landwaiter.FileProgram, magics: begins("\xca\xfe\xba\xbe"), check: isClass, look: lookClass},
	{name: "WebAssembly", kind: landwaiter.FileProgram, magics: begins("\x00asm"), look: lookWasm},
	{name: "Debian package", kind: landwaiter.FileArchive, magics: begins("!<arch>\ndebian-binary"), need: needStream, look: lookAr, code: true},
	{name: "static library", kind: landwaiter.FileProgram, magics: begins("!<arch>\n"), need: needWhole, look: lookStaticLibrary},
	{name: "LLVM bitcode", kind: landwaiter.FileProgram, magics: begins("BC\xc0\xde"), look: lookHead},
	{name: "Lua bytecode", kind: landwaiter.FileProgram, magics: begins("\x1bLua"), look: lookHead},
	{name: "Python bytecode", kind: landwaiter.FileScript, suffixes: []string{".pyc", ".pyo"}, check: notText, look: lookPyc},
	{name: "compiled class, by its name", kind: landwaiter.FileProgram, suffixes: []string{".class", ".jar", ".war", ".ear"}, check: likeClass},

	// Before scripts: a Singularity image begins as one does.
	{name: "disk image", kind: landwaiter.FileArchive, magics: append(begins("QFI\xfb", "KDMV", "# Disk DescriptorFile", "conectix", "vhdxfile", "hsqs"), magic{32, "SIF_MAGIC"}), look: lookDisk, code: true},

	// Scripts.
	{name: "script", kind: landwaiter.FileScript, magics: begins("#!"), look: lookShebang},
	{name: "script, by its name", kind: landwaiter.FileScript, suffixes: languageSuffixes, check: likeScript, look: lookLanguage},
	{name: "Python path file", kind: landwaiter.FileScript, suffixes: []string{".pth"}, check: likePathFile, need: needWhole, look: lookPathFile, code: true},
	{name: "compiled script, by its name", kind: landwaiter.FileScript, suffixes: []string{".elc", ".rdb"}},
	{name: "Jupyter notebook", kind: landwaiter.FileScript, suffixes: []string{".ipynb"}, check: isText, need: needWhole, look: lookNotebook},

	// Closed without a key.
	{name: "PGP message", kind: landwaiter.FileUnknown, closed: true, magics: begins("-----BEGIN PGP MESSAGE"), look: lookHead},
	{name: "age file", kind: landwaiter.FileUnknown, closed: true, magics: begins("age-encryption.org/", "-----BEGIN AGE ENCRYPTED"), look: lookHead},
	{name: "OpenSSL encrypted file", kind: landwaiter.FileUnknown, closed: true, magics: begins("Salted__"), look: lookHead},
	{name: "LUKS volume", kind: landwaiter.FileUnknown, closed: true, magics: begins("LUKS\xba\xbe"), look: lookHead},
	{name: "Ansible vault", kind: landwaiter.FileUnknown, closed: true, magics: begins("$ANSIBLE_VAULT;"), look: lookHead},
	{name: "private key (PEM)", kind: landwaiter.FileText, magics: begins("-----BEGIN "), check: likeKey, look: lookKey},
	{name: "certificate (PEM)", kind: landwaiter.FileText, magics: begins("-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"), look: lookHead},
	{name: "Java key store", kind: landwaiter.FileData, magics: begins("\xfe\xed\xfe\xed"), look: lookHead},

	// Models.
	{name: "GGUF", kind: landwaiter.FileModel, magics: begins("GGUF"), need: needEnds, look: lookGGUF, code: true},
	{name: "safetensors", kind: landwaiter.FileModel, magics: []magic{{8, `{"`}}, check: likeTensors, need: needEnds, look: lookSafetensors, code: true},
	{name: "TensorFlow Lite", kind: landwaiter.FileModel, magics: []magic{{4, "TFL3"}}, need: needWhole, look: lookTFLite, code: true},
	{name: "pickle", kind: landwaiter.FileModel, magics: begins("\x80\x00", "\x80\x01", "\x80\x02", "\x80\x03", "\x80\x04", "\x80\x05"), check: likePickle, need: needStream, look: lookPickle, code: true},
	{name: "pickle of an old protocol", kind: landwaiter.FileModel, magics: begins("c"), check: likeOldPickle, need: needStream, look: lookOldPickle, code: true},
	{name: "pickle, by its name", kind: landwaiter.FileModel, suffixes: []string{".pkl", ".pickle", ".joblib", ".pt", ".pth"}, need: needStream, look: lookPickleByName, code: true},
	{name: "ONNX", kind: landwaiter.FileModel, suffixes: []string{".onnx"}, need: needWhole, look: lookONNX, code: true},
	{name: "TensorFlow graph", kind: landwaiter.FileModel, suffixes: []string{".pb"}, check: isGraph, need: needWhole, look: lookSavedModel, code: true},
	{name: "LightGBM model", kind: landwaiter.FileModel, magics: begins("tree\nversion="), look: lookHead},
	{name: "model, by its name", kind: landwaiter.FileModel, suffixes: []string{".safetensors", ".h5", ".keras", ".tflite", ".gguf"}, need: needStream, look: lookMisnamed, code: true},

	// Archives.
	{name: "zip", kind: landwaiter.FileArchive, magics: begins("PK\x03\x04", "PK\x05\x06"), need: needSpill, look: lookZip, code: true},
	{name: "gzip", kind: landwaiter.FileArchive, magics: begins("\x1f\x8b"), need: needStream, look: lookPacked, code: true},
	{name: "bzip2", kind: landwaiter.FileArchive, magics: begins("BZh"), need: needStream, look: lookPacked, code: true},
	{name: "xz", kind: landwaiter.FileArchive, magics: begins("\xfd7zXZ\x00"), need: needStream, look: lookPacked, code: true},
	{name: "zstd", kind: landwaiter.FileArchive, magics: begins("\x28\xb5\x2f\xfd"), need: needStream, look: lookPacked, code: true},
	{name: "lzma", kind: landwaiter.FileArchive, magics: begins("\x5d\x00\x00"), check: isLZMA, suffixes: []string{".lzma", ".tlz"}, need: needStream, look: lookPacked, code: true},
	{name: "tar", kind: landwaiter.FileArchive, magics: []magic{{257, "ustar"}}, need: needStream, look: lookTar, code: true},
	{name: "cpio", kind: landwaiter.FileArchive, magics: begins("070701", "070702"), need: needStream, look: lookCPIO, code: true},
	{name: "rpm package", kind: landwaiter.FileArchive, magics: begins("\xed\xab\xee\xdb"), need: needStream, look: lookRPM, code: true},
	{name: "closed archive", kind: landwaiter.FileArchive, magics: begins("7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07", "MSCF\x00\x00\x00\x00", "\x04\x22\x4d\x18", "\x1f\x9d"), look: lookShut, code: true},
	{name: "disk image, by its name", kind: landwaiter.FileArchive, suffixes: []string{".iso"}, need: needStart, look: lookDisk, code: true},
	{name: "Debian package, by its name", kind: landwaiter.FileArchive, suffixes: []string{".deb", ".udeb"}, check: notText},

	// Tables and other data.
	{name: "Parquet", kind: landwaiter.FileData, magics: begins("PAR1", "PARE"), need: needEnds, look: lookParquet},
	{name: "Arrow", kind: landwaiter.FileData, magics: begins("ARROW1"), need: needEnds, look: lookArrow},
	{name: "Feather, old form", kind: landwaiter.FileData, magics: begins("FEA1"), look: lookHead},
	{name: "SQLite", kind: landwaiter.FileData, magics: begins("SQLite format 3\x00"), need: needEnds, look: lookSQLite},
	{name: "SAS data set", kind: landwaiter.FileData, magics: []magic{{12, "\xc2\xea\x81\x60"}}, need: needEnds, look: lookSAS},
	{name: "SAS transport file", kind: landwaiter.FileData, magics: begins("HEADER RECORD*******LIBRARY HEADER RECORD", "HEADER RECORD*******LIBV8"), need: needStart, look: lookXPT},
	{name: "SPSS", kind: landwaiter.FileData, magics: begins("$FL2@(#)", "$FL3@(#)"), need: needEnds, look: lookSPSS},
	{name: "Stata", kind: landwaiter.FileData, magics: begins("<stata_dta>"), need: needStart, look: lookStata},
	{name: "Stata, old form", kind: landwaiter.FileData, suffixes: []string{".dta"}, check: likeOldStata, need: needEnds, look: lookOldStata},
	{name: "R data", kind: landwaiter.FileData, magics: begins("RDX2\n", "RDX3\n", "RDA2\n", "RDA3\n", "RDB2\n", "RDB3\n", "X\n\x00\x00\x00\x02", "X\n\x00\x00\x00\x03", "A\n2\n", "A\n3\n", "B\n\x02\x00\x00\x00", "B\n\x03\x00\x00\x00"), need: needStream, look: lookR, code: true},
	{name: "DICOM", kind: landwaiter.FileData, magics: []magic{{128, "DICM"}}, need: needEnds, look: lookDICOM},
	{name: "NIfTI", kind: landwaiter.FileData, magics: []magic{{344, "n+1\x00"}, {344, "ni1\x00"}, {4, "n+2\x00"}, {4, "ni2\x00"}}, look: lookNIfTI},
	{name: "FITS", kind: landwaiter.FileData, magics: begins("SIMPLE  ="), need: needStart, look: lookFITS},
	{name: "HDF5", kind: landwaiter.FileData, magics: begins("\x89HDF\r\n\x1a\n"), as: map[string]landwaiter.FileKind{".h5": landwaiter.FileModel, ".keras": landwaiter.FileModel}, need: needEnds, look: lookHDF5, code: true},
	{name: "NumPy array", kind: landwaiter.FileData, magics: begins("\x93NUMPY"), need: needStream, look: lookNumPy, code: true},
	{name: "MATLAB data", kind: landwaiter.FileData, magics: begins("MATLAB 5.0 MAT-file", "MATLAB 7.3 MAT-file"), look: lookHead},
	{name: "VCF", kind: landwaiter.FileData, magics: begins("##fileformat=VCF"), need: needStart, look: lookVCF},
	{name: "BAM", kind: landwaiter.FileData, magics: begins("BAM\x01"), need: needStart, look: lookBAM},
	{name: "SAM", kind: landwaiter.FileData, magics: begins("@HD\tVN:", "@SQ\tSN:"), need: needStart, look: lookSAM},
	{name: "CRAM", kind: landwaiter.FileData, magics: begins("CRAM"), look: lookCRAM},
	{name: "BCF", kind: landwaiter.FileData, magics: begins("BCF\x02"), look: lookHead},
	{name: "BGEN", kind: landwaiter.FileData, magics: []magic{{16, "bgen"}}, look: lookBGEN},
	{name: "PLINK genotypes", kind: landwaiter.FileData, magics: begins("\x6c\x1b\x01", "\x6c\x1b\x00"), look: lookHead},
	{name: "PLINK people or variants", kind: landwaiter.FileData, suffixes: []string{".fam", ".bim", ".psam", ".pvar"}, check: isText, look: lookHead},
	{name: "FASTQ", kind: landwaiter.FileData, magics: begins("@"), check: likeFASTQ, look: lookHead},
	{name: "FASTA", kind: landwaiter.FileData, suffixes: []string{".fasta", ".fa", ".fna", ".faa"}, check: isText, look: lookHead},
	{name: "BED regions", kind: landwaiter.FileData, suffixes: []string{".bed"}, check: isText, look: lookHead},
	{name: "text table", kind: landwaiter.FileData, suffixes: []string{".csv", ".tsv"}, need: needStart, look: lookCSV},
	{name: "JSON lines", kind: landwaiter.FileData, suffixes: []string{".jsonl", ".ndjson"}, check: isText, need: needStart, look: lookJSONLines},
	{name: "data, by its name", kind: landwaiter.FileData, suffixes: []string{".parquet", ".sas7bdat", ".xpt", ".sav", ".rds", ".rda", ".dcm", ".feather", ".npy"}, check: notText},
	{name: "network capture", kind: landwaiter.FileData, magics: begins("\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x0a\x0d\x0d\x0a"), look: lookHead},
	{name: "git pack", kind: landwaiter.FileData, magics: begins("PACK\x00\x00\x00"), look: lookHead},

	// Documents, pictures and the like.
	{name: "PDF", kind: landwaiter.FileData, magics: begins("%PDF-"), need: needStart, look: lookPDF},
	{name: "Office document, old form", kind: landwaiter.FileData, magics: begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), look: lookHead},
	{name: "PostScript", kind: landwaiter.FileData, magics: begins("%!PS"), look: lookHead},
	{name: "RTF", kind: landwaiter.FileData, magics: begins("{\\rtf"), look: lookHead},
	{name: "image", kind: landwaiter.FileData, magics: begins("\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF8", "II*\x00", "MM\x00*", "RIFF"), check: isWebP, need: needStart, look: lookImage},
	{name: "SVG drawing", kind: landwaiter.FileText, suffixes: []string{".svg"}, check: isText, need: needStart, look: lookSVG},
	{name: "sound or film", kind: landwaiter.FileData, magics: append(begins("RIFF", "OggS", "fLaC", "ID3", "\x1aE\xdf\xa3", "FORM"), magic{4, "ftyp"}), look: lookHead},
	{name: "font", kind: landwaiter.FileData, magics: begins("wOFF", "wOF2", "OTTO", "\x00\x01\x00\x00\x00", "ttcf"), look: lookHead},
	{name: "gettext catalogue", kind: landwaiter.FileData, magics: begins("\xde\x12\x04\x95", "\x95\x04\x12\xde"), look: lookHead},
	{name: "time zone", kind: landwaiter.FileData, magics: begins("TZif"), look: lookHead},
}

var languageSuffixes = func() (list []string) {
	for s := range languages {
		list = append(list, s)
	}
	return list
}()
