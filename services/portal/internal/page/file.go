package page

import (
	"net/url"
	"path"
	"strings"

	"github.com/loa-vn/loa/pkg/vn"
)

// FilesPath is where files of public items are fetched.
const FilesPath = "/tep"

// FilePath is the path of a file.
func FilePath(sha256, name string) string {
	return FilesPath + "/" + sha256 + "/" + url.PathEscape(name)
}

// sizeOf is a number of bytes as a reader takes it in.
func sizeOf(bytes int64, lang Lang) string {
	switch {
	case bytes < 1000:
		return vn.Number(float64(bytes), lang) + " B"
	case bytes < 1_000_000:
		return vn.Number(float64((bytes+500)/1000), lang) + " kB"
	default:
		return vn.Number(float64((bytes+50_000)/100_000)/10, lang) + " MB"
	}
}

// formatName is what people call the format of a file: the end of its name, or its media type.
func formatName(name, address, mediaType string) string {
	for _, n := range []string{name, address} {
		if end := strings.TrimPrefix(path.Ext(n), "."); end != "" && len(end) <= 5 && !strings.ContainsAny(end, "/ ") {
			return strings.ToUpper(end)
		}
	}
	return mediaType
}
