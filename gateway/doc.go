// Package gateway stands in front of other servers: it decides who may pass, and carries
// what may pass to the server that the path belongs to.
//
// Every request is read once ([Gate.ServeHTTP]): its target becomes one canonical path, and
// a target that two servers could read differently is refused with 400. The first [Route]
// that matches takes the request; where none does, the answer is 404. A path that may also
// be read as another page's has to satisfy that page's rule as well. The rule, the log and
// the server behind see the same bytes.
//
// On the way a request loses what only a gateway may say: identity headers in every
// spelling, forwarding and rewriting headers, hop-by-hop headers, our own cookies. It gains
// the identity of who is signed in, a rebuilt X-Forwarded-For, and the token that the route
// asks for. The answer loses cookies of our names and gains the renewed session.
//
// URLs below the base path of the Auth are its own, whatever the routes say. With
// [Config.ForwardAuth] these are among them, each the contract of one proxy ([Gate.Forward]):
//
//	<base>/forward, <base>/forward/traefik, …/caddy, …/nginx, …/envoy
//
// [Gate.Explain] tells what would become of a request. A [Swap] exchanges the gate while
// requests are served.
//
// The package does not sign in, keep sessions or renew tokens: that is package signet's.
package gateway
