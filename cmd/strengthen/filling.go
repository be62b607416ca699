package main

import (
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// filling is the one page that a demonstration has while it is filled. It reloads itself until the real ones are there.
type filling struct {
	percent atomic.Int32
	server  *http.Server
}

const fillingPage = `<!doctype html><html lang="bg"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Укрепване</title><body><h1>Укрепване</h1><p>Примерната система се пълни с две измислени години: %[1]d %%. Страницата се обновява сама.</p>
<p lang="en">The sample system fills itself with two invented years: %[1]d %%. This page reloads by itself.</p>
<p><progress max="100" value="%[1]d" aria-label="%[1]d %%"></progress></p></body></html>`

func openFilling(address string) (*filling, error) {
	socket, err := listenOn(address)
	if err != nil {
		return nil, err
	}
	f := &filling{}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second}
	go f.server.Serve(socket) //nolint:errcheck // it ends by Close
	return f, nil
}

// ServeHTTP answers every address with how far the filling has come.
func (f *filling) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Refresh", "2")
	h.Set("Retry-After", "2")
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintf(w, fillingPage, f.percent.Load())
}

func listenOn(address string) (net.Listener, error) {
	socket, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w (choose another with --listen)", address, err)
	}
	return socket, nil
}
