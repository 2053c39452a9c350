package inventory

// researchRows are what researchers build and copy.
var researchRows = []programRow{
	// Numbers.
	{name: "openblas", files: "libopenblas*.so* libopenblas*.a", says: []string{"OpenBLAS {v} "}},
	{name: "fftw", files: "libfftw3.so* libfftw3f.so* libfftw3l.so* libfftw3q.so*", says: []string{"^fftw-{v}"}},
	{name: "hdf5", files: "libhdf5*.so* h5dump h5ls", says: []string{"HDF5 library version: {v}", "?HDF5 library version {v}"}},
	{name: "netcdf", files: "libnetcdf.so*", says: []string{"?^{v} of {w} "}},
	{name: "gsl", files: "libgsl.so*", says: []string{"?^{v}$"}},
	{name: "glpk", files: "libglpk.so*", says: []string{"?^{v}$"}},
	{name: "petsc", files: "libpetsc*.so*", says: []string{"=libpetsc_real.so.{v}", "=libpetsc_complex.so.{v}", "=libpetsc.so.{v}"}},
	{name: "sundials", files: "libsundials_*.so*", says: []string{"=libsundials_{x}.so.{v}"}},
	{name: "scotch", files: "libscotch-*.so* libscotch.so*", says: []string{"=libscotch-{v}.so"}},
	{name: "armadillo", files: "libarmadillo.so*", says: []string{"=libarmadillo.so.{v}"}},
	{name: "pari", kind: tool, files: "gp gp-* libpari*.so*", says: []string{"GP/PARI CALCULATOR Version {v} "}},
	{name: "octave", files: "liboctave.so* liboctinterp.so* octave-cli* octave-gui*", says: []string{"GNU Octave, version {v}\n", "MAT-file, written by Octave {v},"}},
	{name: "pspp", files: "libpspp-core-*.so* libpspp-*.so* pspp psppire", says: []string{"^GNU PSPP {v}$", "=libpspp-{v}.so"}},
	{name: "jags", files: "libjags.so* jags-terminal", says: []string{"?^JAGS {v}$", "?^{v}$"}},
	{name: "openmpi", files: "libmpi.so* libopen-pal.so* libopen-rte.so*", says: []string{"Whether this {v} installation supports", "?^v{v}$"}},
	{name: "ucx", files: "libucp.so*", says: []string{"?^{v}$"}},

	// Maps and climate.
	{name: "gdal", files: "libgdal.so*", says: []string{"^GDAL {v3}$", "^GDAL {v3}, released", "=libgdal.so.{n}.{v}"}},
	{name: "proj", files: "libproj.so*", says: []string{"^PROJ {v}$", "^Rel. {v}, {w} "}},
	{name: "geos", files: "libgeos.so* libgeos-*.so libgeos_c.so*", says: []string{"?^{v}-CAPI-", "=libgeos.so.{v}"}},
	{name: "spatialite", files: "libspatialite.so* mod_spatialite.so*", says: []string{"?|{v}|ALTER|AUTOINCREMENT", "?^{v3}$"}},
	{name: "cfitsio", files: "libcfitsio.so*", says: []string{"=libcfitsio.so.{n}.{v}"}},
	{name: "cdo", kind: tool, files: "cdo", says: []string{"Climate Data Operators version {v} "}},
	{name: "nco", files: "libnco-*.so libnco.so*", says: []string{"=libnco-{v}.so"}},

	// Genomes.
	{name: "samtools", files: "samtools", says: []string{"?{v}|build={w} ", "?^{v}$"}},
	{name: "htslib", files: "libhts.so* tabix bgzip hfile_*.so", says: []string{"plugin (htslib)\t{v}$", "=libhts.so.{v}", "?^{v}$"}},
	{name: "bcftools", files: "bcftools", says: []string{"?{v}|Commands:\n", "?^{v}$"}},
	{name: "bedtools", files: "bedtools", says: []string{"?^v{v}$"}},
	{name: "bwa", files: "bwa", says: []string{"?^{v}-r{n}$"}},
	{name: "bowtie2", files: "bowtie2-*", says: []string{"?^{v3}$"}},
	{name: "hisat2", files: "hisat2-*", says: []string{"?^{v3}$"}},
	{name: "star", files: "STAR STARlong STAR-* STARlong-*", says: []string{"?^{v}$"}},
	{name: "minimap2", files: "minimap2", says: []string{"?^{v}-r{n}$"}},
	{name: "plink", kind: tool, files: "plink plink1.9 plink2 plink2-*", says: []string{"^PLINK v{s} 64-bit", "^PLINK v{s} "}},
	{name: "vcftools", files: "vcftools", says: []string{"?^{v3}$"}},
	{name: "freebayes", files: "freebayes", says: []string{"?^v{v}$"}},
	{name: "kallisto", files: "kallisto", says: []string{"?^{v3}$"}},
	{name: "stringtie", kind: tool, files: "stringtie", says: []string{"StringTie v{v} usage"}},
	{name: "subread", files: "featureCounts subread-align subread-buildindex subjunc exactSNP", says: []string{"?^{v3}$"}},
	{name: "seqtk", files: "seqtk", says: []string{"?Version: {v}-r{n}"}},
	{name: "diamond", files: "diamond", says: []string{"?^{v3}$"}},
	{name: "hmmer", files: "hmmsearch hmmscan hmmbuild hmmpress nhmmer phmmer jackhmmer", says: []string{"?http://hmmer.org/|{x}|{v}$", "?^{v3}$"}},
	{name: "clustalo", files: "clustalo", says: []string{"?^{v}$"}},
	{name: "mafft", files: "tbfast disttbfast dvtditr", says: []string{"?^{v}$"}},
	{name: "exonerate", files: "exonerate exonerate-server", says: []string{"?^{v3}$"}},
	{name: "fasttree", files: "fasttree fasttreeMP FastTree FastTreeMP", says: []string{"?^{v}$"}},
	{name: "raxml", files: "raxmlHPC*", says: []string{"?^{v}$"}},
	{name: "mrbayes", files: "mb mb-mpi", says: []string{"?{v}|Usage:", "?^{v}$", "MrBayes"}},
	{name: "emboss", files: "libajax.so* libacd.so*", says: []string{"?^{v3}$"}},

	// Pictures of people.
	{name: "dcm2niix", kind: tool, files: "dcm2niix dcm2niibatch", says: []string{"^v{v}  (JP2:", "?^v{v}$"}},
	{name: "dcmtk", kind: tool, files: "libdcmdata.so* libdcmnet.so* libdcmsr.so* storescp storescu movescu dcmodify", says: []string{"$dcmtk: {w} v{v} {n}", "=libdcmdata.so.{n}.{v}", "=libdcmnet.so.{n}.{v}", "=libdcmsr.so.{n}.{v}"}},
	{name: "mrtrix3", files: "libmrtrix.so", says: []string{"readthedocs.io/en/{v}/concepts/"}},
}
