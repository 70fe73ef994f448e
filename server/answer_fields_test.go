package server_test

import (
	"errors"
	"fmt"
	"net/http"
)

func flushHandlings() []handling {
	flush := func(w http.ResponseWriter, r *http.Request) {
		note(r, "flush %s", kindOf(http.NewResponseController(w).Flush()))
	}
	return []handling{
		{"flushed before", func(w http.ResponseWriter, r *http.Request) { flush(w, r); write(w, r, 5) }},
		{"flushed between", func(w http.ResponseWriter, r *http.Request) { write(w, r, 5); flush(w, r); write(w, r, 5000) }},
		{"flushed after", func(w http.ResponseWriter, r *http.Request) { write(w, r, 5); flush(w, r) }},
		{"flushed twice and nothing else", func(w http.ResponseWriter, r *http.Request) { flush(w, r); flush(w, r) }},
		{"flushed before a declared body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "3005")
			flush(w, r)
			write(w, r, 5)
			flush(w, r)
			write(w, r, 3000)
		}},
		{"flushed with a status", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(418)
			flush(w, r)
			w.WriteHeader(200)
			write(w, r, 5)
		}},
		{"flushed 204", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204); flush(w, r) }},
		{"flushed and closed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			flush(w, r)
			write(w, r, 5)
		}},
	}
}

func fieldHandlings() (all []handling) {
	for _, value := range []string{
		"a\r\nX-Injected: 1", "a\nX-Injected: 1", "a\rX-Injected: 1", "a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"\r\nX-Injected: 1", "a\x00b", "a\x7fb", " leading", "\ttab\t", "trailing ", "\r\n", " \r\n \t", "", "\xff\xfe", "한글",
		"exactly8\r\nX-Injected: 1", "1234567\nX-Injected: 1", "\x80\x80\x80\x80\x80\x80\x80\n\x80\x80",
	} {
		all = append(all, handling{fmt.Sprintf("a value %q", value), set("X-Field", value, "second")},
			handling{fmt.Sprintf("a type %q", value), set("Content-Type", value)},
			handling{fmt.Sprintf("a trailer %q", value), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Trailer", "X-Field")
				write(w, r, 5)
				w.Header().Set("X-Field", value)
				w.Header().Set(http.TrailerPrefix+"X-Other", value)
			}})
	}
	for _, name := range []string{"", " ", "a b", "a:b", "a\r\nX-Injected", "a\n", "x-small", "X_Under", "é", "\x00", "a\x7f", "!#$%&'*+-.^_`|~", "Set-Cookie"} {
		all = append(all, handling{fmt.Sprintf("a name %q", name), set(name, "v", "w")},
			handling{fmt.Sprintf("a name %q of a trailer", name), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Trailer", "x,"+name)
				write(w, r, 5)
				w.Header()[name] = []string{"v", "w"}
				w.Header()[http.TrailerPrefix+name] = []string{"z"}
			}})
	}
	return append(all,
		handling{"Date set", set("Date", "yesterday")}, handling{"Date nil", set("Date")}, handling{"Date twice", set("Date", "a", "b")},
		handling{"a type nil", set("Content-Type")}, handling{"two types", set("Content-Type", "a", "b")},
		handling{"a coding", set("Content-Encoding", "gzip")}, handling{"an empty coding", set("Content-Encoding", "")},
		handling{"a coding nil", set("Content-Encoding")},
	)
}

func lateHandlings() []handling {
	return []handling{
		{"changed after WriteHeader", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Early", "1")
			w.Header().Set("X-Changed", "1")
			w.WriteHeader(200)
			w.Header().Set("X-Changed", "2")
			w.Header().Set("X-Late", "1")
			w.Header().Set("Content-Length", "3")
			w.Header().Set("Content-Type", "text/late")
			write(w, r, 5)
		}},
		{"first looked at after WriteHeader", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.Header().Set("X-Late", "1")
			w.Header().Set("Date", "late")
			write(w, r, 5)
		}},
		{"values changed in place", func(w http.ResponseWriter, r *http.Request) {
			values := []string{"before"}
			w.Header()["X-Field"], w.Header()["Connection"] = values, values
			write(w, r, 5)
			values[0] = "after"
		}},
		{"WriteHeader twice", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(201)
			w.WriteHeader(500)
			write(w, r, 5)
			w.WriteHeader(500)
		}},
		{"WriteHeader after the body", func(w http.ResponseWriter, r *http.Request) { write(w, r, 5); w.WriteHeader(404) }},
		{"an impossible status after a possible one", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			w.WriteHeader(99)
			write(w, r, 5)
		}},
	}
}

func trailerHandlings() (all []handling) {
	for _, size := range []int{0, 5, 5000} {
		all = append(all,
			handling{fmt.Sprintf("declared trailers after %d bytes", size), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("Trailer", "X-A, x-b")
				w.Header().Add("Trailer", "X-Never,,X-Twice")
				w.Header().Set("X-Twice", "before")
				write(w, r, size)
				w.Header().Set("X-A", "1")
				w.Header()["X-B"] = []string{"2", "3"}
				w.Header().Set("X-Undeclared", "4")
			}},
			handling{fmt.Sprintf("trailers by prefix after %d bytes", size), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set(http.TrailerPrefix+"X-Early", "1")
				write(w, r, size)
				w.Header().Set(http.TrailerPrefix+"X-Late", "2")
				w.Header().Set(http.TrailerPrefix+"Content-Length", "2")
			}},
			handling{fmt.Sprintf("late trailers by prefix after %d bytes", size), func(w http.ResponseWriter, r *http.Request) {
				write(w, r, size)
				w.Header().Set(http.TrailerPrefix+"X-Late", "2")
			}},
			handling{fmt.Sprintf("forbidden trailers after %d bytes", size), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Trailer", "Content-Length, Transfer-Encoding, Trailer, Host, If-Match, Authorization, Set-Cookie, Cookie, X-Ok")
				write(w, r, size)
				for _, name := range []string{"Content-Length", "Transfer-Encoding", "Host", "If-Match", "Authorization", "Set-Cookie", "Cookie", "X-Ok"} {
					w.Header().Set(name, "1")
				}
			}},
			handling{fmt.Sprintf("a trailer declared twice, after %d bytes", size), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Trailer", "X-A, X-A")
				write(w, r, size)
				w.Header().Set("X-A", "1")
			}},
			handling{fmt.Sprintf("trailers of %d bytes with a length", size), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Trailer", "X-A")
				w.Header().Set("Content-Length", fmt.Sprint(size))
				write(w, r, size)
				w.Header().Set("X-A", "1")
			}},
		)
	}
	return append(all,
		handling{"an empty Trailer", func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Trailer", ""); write(w, r, 5) }},
		handling{"Trailer nil", func(w http.ResponseWriter, r *http.Request) { w.Header()["Trailer"] = nil; write(w, r, 5) }},
		handling{"trailers of 204", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "X-A")
			w.WriteHeader(204)
			w.Header().Set("X-A", "1")
		}},
		handling{"a Trailer with line breaks", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "X-A\r\n, \n X-B")
			write(w, r, 5)
			w.Header().Set("X-A", "1")
			w.Header().Set("X-B", "2")
		}},
	)
}

func panicHandlings() []handling {
	return []handling{
		{"a panic", func(w http.ResponseWriter, r *http.Request) { panic("oh") }},
		{"a panic with an error", func(w http.ResponseWriter, r *http.Request) { panic(errors.New("oh")) }},
		{"a panic after a few bytes", func(w http.ResponseWriter, r *http.Request) { write(w, r, 5); panic("oh") }},
		{"a panic after a flush", func(w http.ResponseWriter, r *http.Request) {
			write(w, r, 5)
			w.(http.Flusher).Flush()
			panic("oh")
		}},
		{"a panic in a declared body that was flushed", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "10")
			write(w, r, 5)
			w.(http.Flusher).Flush()
			panic("oh")
		}},
		{"ErrAbortHandler", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }},
		{"ErrAbortHandler after a flush", func(w http.ResponseWriter, r *http.Request) {
			write(w, r, 5)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"status 99", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(99) }},
		{"status 1000", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(1000) }},
		{"status 0", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(0) }},
		{"a panic that the handler recovers", func(w http.ResponseWriter, r *http.Request) {
			defer func() { recover(); write(w, r, 5) }()
			w.WriteHeader(-1)
		}},
	}
}
