package page

// Narrative is one section of a report that people wrote, in Vietnamese: plain text, as package plain reads it.
type Narrative struct{ Name, Text string }
