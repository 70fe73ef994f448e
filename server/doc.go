// Package server serves HTTP/1.1 to handlers of net/http, at less than net/http's own price
// for the many short requests that a gateway and an end point for sessions get.
//
// A [Server] stands in front of an [http.Server]. It reads a request itself if that is plain: a
// usual method, a path, fields that can be read in one way only, no body or a short one of
// known length that comes with its head, 16 KiB at most for both. A connection on which
// anything else arrives (an upgrade, a chunked or a long body, HTTP/1.0, a field that somebody
// could read otherwise, a byte out of place) goes to the http.Server with every byte as it
// came, and stays there. So there is nothing to be decided about odd requests here: the one
// reader of them is net/http.
//
// What a handler sees, and what a client gets, is the same from both: request for request a
// test compares them. Three things are different. The order of the fields of an answer is not
// sorted. Whether the client is still there is looked at from the moment on when somebody asks
// for the Done channel of the request's context. And ReadTimeout does not run on while a
// handler works on a request that is whole. Where a connection changes hands, the timeouts for
// reading begin anew.
//
// Handlers that make mistakes are treated otherwise, too. A Content-Length that is no number,
// or a second one, is not sent, and no more of a source than the first one says. After a Write
// that failed each one fails. After a panic nothing more is sent. What is written once the
// handler has returned goes nowhere, and what is still being written then ends the connection.
//
// The body of a plain request is here before the handler is called. So it can be read after
// the answer was begun, SetReadDeadline is without effect, and the connection is kept where
// [http.MaxBytesReader] refuses the body. The ResponseWriter is no [http.CloseNotifier].
package server
