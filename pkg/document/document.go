// Package document makes official documents: model says what one says, pdf and docx set it in the layout of Decree
// 30/2020/NĐ-CP, sheet writes figures and templates as spreadsheets, docximport reads what an office already has, letters
// says what the typeface can set, qr draws the code that leads to the authenticity page. Nothing below it knows of plans or reports; each service maps its own onto the model.
package document
