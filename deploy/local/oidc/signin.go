package oidc

import (
	"context"
	_ "embed"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
)

const signInPath = "/sign-in"

//go:embed signin.html
var signInPage string

// signIn is the page on which people choose who they are. There are no passwords: the people are invented, and the
// provider listens on loopback only.
type signIn struct {
	storage  *storage
	people   people
	callback func(ctx context.Context, requestID string) string
	logger   *slog.Logger
}

func (s signIn) show(w http.ResponseWriter, r *http.Request) {
	page, err := template.New("sign-in").Parse(signInPage)
	if err != nil {
		s.logger.ErrorContext(r.Context(), "sign-in page", "error", err)
		http.Error(w, "Lỗi máy chủ. Internal error.", http.StatusInternalServerError)
		return
	}
	s.headers(w, "text/html; charset=utf-8")
	data := struct {
		Request string
		Action  string
		People  []Person
	}{r.FormValue("request"), signInPath, s.people.all}
	if err := page.Execute(w, data); err != nil {
		s.logger.WarnContext(r.Context(), "sign-in page", "error", err)
	}
}

// choose goes on with the sign-in as the chosen person. An unknown one is answered with the ids perhaps meant.
func (s signIn) choose(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	id := r.PostFormValue("person")
	if _, known := s.people.find(id); !known {
		s.headers(w, "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		text := "Không có người nào mang mã " + id + ". No person has the id " + id + "."
		if near := s.people.near(id); len(near) > 0 {
			text += " Có phải là (did you mean): " + strings.Join(near, ", ") + "?"
		}
		_, _ = w.Write([]byte(text + "\n"))
		return
	}
	request := r.PostFormValue("request")
	if err := s.storage.choose(request, id); err != nil {
		s.headers(w, "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte("Lần đăng nhập này đã hết hạn, hãy bắt đầu lại. This sign-in is over, begin it again.\n"))
		return
	}
	http.Redirect(w, r, s.callback(r.Context(), request), http.StatusFound)
}

func (s signIn) headers(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// A page of another site must not sit in front of this one. Forms are not limited by form-action: the sign-in
	// ends with a redirect to the program that began it.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
}
