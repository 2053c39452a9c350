package inventory

// programs is the table, and what is made of it once: an index of the names and a
// search for the texts. None of them changes.
var (
	programs     = compilePrograms(toolRows, libraryRows, researchRows)
	programNames = indexNames(programs)
	programTexts = newTextSearch(programs)
)
