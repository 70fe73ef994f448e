//go:build !unix

package gateway

// turns tells whether takeTurn works here.
const turns = false

type turn struct{}

func (*turn) prepare(*conn) {}

// silentSocket cannot ask here. A connection that went stale is then found by the request
// that fails on it, and repeated where that is allowed.
func (c *conn) silentSocket() bool { return true }

func (c *conn) takeTurn(p []byte) (int, error) { return c.stream.Read(p) }
