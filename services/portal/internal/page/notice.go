package page

import "io"

// NotFound writes the page for an address that has none: to be sent with status 404. What is not
// there and what a reader may not see read the same.
func NotFound(w io.Writer, f Frame) error {
	return render(w, noticePage(f, f.words().NotFoundTitle, f.words().NotFoundText, true))
}

// Unavailable writes the page for a portal that is still reading its data: to be sent with status
// 503 and Retry-After.
func Unavailable(w io.Writer, f Frame) error {
	return render(w, noticePage(f, f.words().UnavailableTitle, f.words().UnavailableText, false))
}

func noticeHead(title string) pageHead {
	return pageHead{title: title, noindex: true}
}
