package content

import (
	"strings"
	"unicode"
)

// enoughColumns is the weight from which on a table may be about people.
const enoughColumns = 8

// columns are names of columns without their signs, in small letters, and how much
// each says that a row is a person.
var columns = map[string]int{
	"nhsnumber": 8, "nhsno": 8, "nhsnum": 8, "nhsid": 8, "newnhsno": 8, "pseudonhsno": 8, "chinumber": 8, "chino": 8, "hcnumber": 6,
	"nino": 8, "ninumber": 8, "nationalinsurancenumber": 8, "nationalinsuranceno": 8, "ssn": 6, "socialsecuritynumber": 8,
	"patientid": 4, "patientno": 5, "patientnumber": 5, "patientname": 8, "mrn": 5, "medicalrecordnumber": 8, "hospitalnumber": 7, "hospitalno": 7, "hospno": 6,
	"localpatientid": 6, "personid": 3, "participantid": 2, "subjectid": 1, "casenumber": 1,
	"surname": 4, "lastname": 4, "familyname": 4, "forename": 4, "firstname": 4, "givenname": 4, "middlename": 3, "fullname": 3, "maidenname": 5, "nameofpatient": 8,
	"dob": 4, "dateofbirth": 5, "birthdate": 4, "birthday": 2, "yearofbirth": 2, "yob": 2, "birthyear": 1, "dateofdeath": 4, "dod": 3, "deathdate": 3, "age": 1, "ageatdiagnosis": 3,
	"postcode": 3, "postalcode": 2, "zipcode": 1, "address": 2, "addressline1": 3, "address1": 3, "homeaddress": 4, "street": 1, "lsoa": 2, "lsoa11": 2,
	"telephone": 2, "phone": 2, "phonenumber": 2, "mobile": 2, "mobilenumber": 3, "email": 2, "emailaddress": 2,
	"sex": 1, "gender": 1, "ethnicity": 3, "ethnicgroup": 3, "ethnos": 3, "religion": 3, "maritalstatus": 2, "sexualorientation": 4,
	"gpcode": 2, "gppractice": 3, "gppracticecode": 3, "gpname": 3, "diagnosis": 2, "diag01": 3, "icd10": 2, "snomedcode": 2, "admissiondate": 3, "admidate": 3, "dischargedate": 3, "disdate": 3,
	"epistart": 3, "epiend": 3, "procode": 2, "encryptedhesid": 5, "hesid": 5, "tokenpersonid": 5,
}

// about is how much the names of a table's columns say that its rows are people.
func about(fields []string) int {
	sum, seen := 0, map[string]bool{}
	for _, f := range fields {
		name := strings.Map(func(c rune) rune {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				return unicode.ToLower(c)
			}
			return -1
		}, f)
		if !seen[name] {
			seen[name] = true
			sum += columns[name]
		}
	}
	return sum
}
