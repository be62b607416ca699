package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// asset is a vendored or own file, served under a name that carries its checksum.
type asset struct {
	body, zipped []byte
	kind, sum    string
}

func loadAssets() map[string]asset {
	all := map[string]asset{}
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		a := asset{body: b, kind: mime.TypeByExtension(path.Ext(name)), sum: hex.EncodeToString(sum[:])[:12]}
		if path.Ext(name) == ".woff2" {
			a.kind = "font/woff2"
		} else {
			a.zipped = squeeze(b)
		}
		all["/"+name] = a
		return nil
	})
	if err != nil {
		panic(err)
	}
	return all
}

func squeeze(b []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	z.Write(b)
	z.Close()
	return out.Bytes()
}

// Asset returns the address of a static file with its checksum, so that it may be kept for a year.
func (s *Server) Asset(name string) string { return name + "?v=" + s.assets[name].sum }

func (s *Server) serveStatic(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+a.sum+`"`)
	h.Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), a.sum) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		w.Write(a.zipped)
		return
	}
	w.Write(a.body)
}
