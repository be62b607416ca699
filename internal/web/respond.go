package web

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"strengthen/internal/fault"
)

// show writes a page with status 200.
func (s *Server) show(w http.ResponseWriter, name string, page any) error {
	return s.render(w, http.StatusOK, name, page)
}

// again writes a form once more, with what the person typed and a message by each field. Faults that no person can mend go
// up to the error page.
func (s *Server) again(w http.ResponseWriter, err error, p *Page, name string, page any) error {
	if lacking := p.lacking(); lacking != nil {
		return lacking
	}
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.Conflict && k != fault.Busy {
		return err
	}
	p.Faults, p.Later = fault.All(err), fault.Is(err, fault.Busy)
	return s.render(w, statusOf(w, err), name, page)
}

func (s *Server) render(w http.ResponseWriter, status int, name string, page any) error {
	t, ok := s.pages[name]
	if !ok {
		return fmt.Errorf("no template %q", name)
	}
	var b bytes.Buffer
	err := t.ExecuteTemplate(&b, "layout", page)
	if p, ok := page.(interface{ lacking() error }); ok && name != "error" && p.lacking() != nil {
		return p.lacking()
	}
	if err != nil {
		return fmt.Errorf("template %s: %w", name, err)
	}
	return s.html(w, status, b.Bytes())
}

func (s *Server) html(w http.ResponseWriter, status int, b []byte) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "Cookie")
	w.WriteHeader(status)
	_, err := w.Write(b)
	return err
}

// zip compresses pages for browsers that ask for it. Pages hold no secret beside what a reader typed, so that lengths tell
// nothing worth having.
func zip(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || strings.HasPrefix(r.URL.Path, "/static/") {
			next.ServeHTTP(w, r)
			return
		}
		z := &zipper{ResponseWriter: w}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

type zipper struct {
	http.ResponseWriter
	z *gzip.Writer
}

func (z *zipper) WriteHeader(status int) {
	if strings.HasPrefix(z.Header().Get("Content-Type"), "text/html") && status != http.StatusNoContent {
		z.Header().Set("Content-Encoding", "gzip")
		z.Header().Add("Vary", "Accept-Encoding")
		z.z, _ = gzip.NewWriterLevel(z.ResponseWriter, gzip.BestSpeed)
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *zipper) Write(b []byte) (int, error) {
	if z.z != nil {
		return z.z.Write(b)
	}
	return z.ResponseWriter.Write(b)
}

func (z *zipper) Unwrap() http.ResponseWriter { return z.ResponseWriter }

func (z *zipper) close() {
	if z.z != nil {
		z.z.Close()
	}
}

// to sends the reader on to path with a word about what was done.
func to(w http.ResponseWriter, r *http.Request, path, ok string) error {
	if ok != "" {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		path += sep + "ok=" + ok
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	visitOf(r).taken = true
	return nil
}

// toCount is to with a word that speaks of a number.
func toCount(w http.ResponseWriter, r *http.Request, path, ok string, n int) error {
	return to(w, r, path+"?n="+strconv.Itoa(n), ok)
}

// local keeps a redirect target within the site.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/home"
	}
	return next
}
