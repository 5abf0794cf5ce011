package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"streamd/internal/charts"
)

//go:embed page
var page embed.FS

// pageFile is a file of the page as it is sent.
type pageFile struct {
	raw, zipped []byte
	media, tag  string
}

// pageFiles are the files of the page by their addresses. They are read and compressed once.
var pageFiles = sync.OnceValue(func() map[string]pageFile {
	files := map[string]pageFile{
		"/vendor/lightweight-charts.js":      newPageFile(".js", charts.Library),
		"/vendor/lightweight-charts.LICENSE": newPageFile(".txt", charts.License),
	}
	err := fs.WalkDir(page, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := page.ReadFile(name)
		if err != nil {
			return err
		}
		address := strings.TrimPrefix(name, "page")
		if address == "/page.html" {
			address = "/"
		}
		files[address] = newPageFile(path.Ext(name), raw)
		return nil
	})
	if err != nil {
		panic("web: " + err.Error()) // they are in the program
	}
	return files
})

func newPageFile(ext string, raw []byte) pageFile {
	var zipped bytes.Buffer
	z, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(raw)
	}
	if err != nil || z.Close() != nil {
		panic("web: compressing into memory failed")
	}
	media := mime.TypeByExtension(ext)
	switch ext {
	case ".js":
		media = "text/javascript; charset=utf-8"
	case ".LICENSE", ".txt":
		media = "text/plain; charset=utf-8"
	}
	sum := sha256.Sum256(raw)
	return pageFile{raw: raw, zipped: zipped.Bytes(), media: media, tag: `"` + hex.EncodeToString(sum[:8]) + `"`}
}

// isPageFile reports whether a file of the page is at an address.
func isPageFile(address string) bool {
	_, ok := pageFiles()[address]
	return ok
}

// servePage answers for the files of the page.
func servePage(mux *http.ServeMux) {
	for address, file := range pageFiles() {
		pattern := "GET " + address
		if address == "/" {
			pattern += "{$}" // and not all that is nowhere else
		}
		mux.HandleFunc(pattern, file.serve)
	}
}

// serve sends the file, compressed where that is understood. It changes with the program, so the browser asks each time
// whether what it has is still the same.
func (f pageFile) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", f.tag)
	h.Set("Content-Type", f.media)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.raw
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body = f.zipped
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client has gone
	}
}
