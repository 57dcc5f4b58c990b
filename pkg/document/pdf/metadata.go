package pdf

import (
	"encoding/binary"
	"fmt"

	"github.com/loa-vn/loa/pkg/document/internal/markup"
)

// metadata writes what the file says of itself: XMP for archives, the information dictionary for old readers, and the colours'
// profile. PDF/A asks that the first two agree.
func (d *doc) metadata() (metadata, info, intent ref) {
	m := d.model
	title, author := markup.Escape(m.Title()), markup.Escape(m.Author())
	dates, infoDates := "", ""
	if !m.Date.IsZero() {
		at := m.Date.UTC()
		xmp, old := at.Format("2006-01-02T15:04:05Z"), literal("D:"+at.Format("20060102150405")+"Z")
		dates = "<xmp:CreateDate>" + xmp + "</xmp:CreateDate><xmp:ModifyDate>" + xmp + "</xmp:ModifyDate>\n"
		infoDates = " /CreationDate " + old + " /ModDate " + old
	}
	metadata = d.alloc()
	d.written(metadata, "/Type /Metadata /Subtype /XML", []byte(`<?xpacket begin="`+"\ufeff"+`" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">`+title+`</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>`+author+`</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>`+markup.Escape(m.Tongue())+`</rdf:li></rdf:Bag></dc:language>
`+dates+`<pdf:Producer>Loa</pdf:Producer>
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI><pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>PDF/UA version identifier</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`))
	info = d.alloc()
	d.plain(info, fmt.Sprintf("<< /Title %s /Author %s /Producer (Loa)%s >>", text(m.Title()), text(m.Author()), infoDates))
	profile := d.alloc()
	d.stream(profile, "/N 3", srgb())
	intent = d.add(fmt.Sprintf("<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) /Info (sRGB IEC61966-2.1) /DestOutputProfile %v >>", profile))
	return metadata, info, intent
}

// srgb makes a small ICC version 4 profile of sRGB (IEC 61966-2-1) from its numbers, so that no file with a licence of its own is
// needed. Values are s15Fixed16.
func srgb() []byte {
	be := binary.BigEndian
	fixed := func(kind string, values ...int) []byte {
		b := append([]byte(kind), 0, 0, 0, 0)
		for _, v := range values {
			b = be.AppendUint32(b, uint32(int32(v)))
		}
		return b
	}
	words := func(s string) []byte {
		b := append([]byte("mluc"), 0, 0, 0, 0)
		b = be.AppendUint32(b, 1)
		b = be.AppendUint32(b, 12)
		b = append(b, "enUS"...)
		b = be.AppendUint32(b, uint32(2*len(s)))
		b = be.AppendUint32(b, 28)
		for i := range len(s) {
			b = append(b, 0, s[i])
		}
		return b
	}
	curve := fixed("para", 3<<16, 157286, 62119, 3417, 5072, 2651)
	tags := []struct {
		name string
		data []byte
	}{
		{"desc", words("sRGB")},
		{"cprt", words("CC0")},
		{"wtpt", fixed("XYZ ", 63190, 65536, 54061)},
		{"chad", fixed("sf32", 68674, 1502, -3290, 1940, 64912, -1118, -606, 988, 49262)},
		{"rXYZ", fixed("XYZ ", 28578, 14581, 912)},
		{"gXYZ", fixed("XYZ ", 25241, 46981, 6362)},
		{"bXYZ", fixed("XYZ ", 9376, 3973, 46801)},
		{"rTRC", curve},
		{"gTRC", curve},
		{"bTRC", curve},
	}
	at := 128 + 4 + 12*len(tags)
	directory := be.AppendUint32(nil, uint32(len(tags)))
	var body []byte
	seen := map[string]int{}
	for _, t := range tags {
		place, ok := seen[string(t.data)]
		if !ok {
			place = at + len(body)
			seen[string(t.data)] = place
			body = append(body, t.data...)
			for len(body)%4 != 0 {
				body = append(body, 0)
			}
		}
		directory = append(directory, t.name...)
		directory = be.AppendUint32(directory, uint32(place))
		directory = be.AppendUint32(directory, uint32(len(t.data)))
	}
	header := make([]byte, 128)
	be.PutUint32(header, uint32(128+len(directory)+len(body)))
	be.PutUint32(header[8:], 0x04200000)
	copy(header[12:], "mntrRGB XYZ ")
	for i, v := range []uint16{2022, 1, 1, 0, 0, 0} {
		be.PutUint16(header[24+2*i:], v)
	}
	copy(header[36:], "acsp")
	be.PutUint32(header[68:], 63190)
	be.PutUint32(header[72:], 65536)
	be.PutUint32(header[76:], 54061)
	return append(append(header, directory...), body...)
}
