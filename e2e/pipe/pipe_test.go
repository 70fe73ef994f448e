// Package pipe_test lets the Node.js tests of e2e/seals call Signet's codecs thousands of
// times: its test binary, started with SIGNET_E2E_PIPE=serve, answers lines of JSON on
// standard input with lines of JSON on standard output, one each, in order.
package pipe_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/authjs"
	"github.com/signet-auth/signet/seal/iron"
	"github.com/signet-auth/signet/seal/jwt"
)

// TestMain serves the pipe when Node.js asks for it, and else tests the pipe itself.
func TestMain(m *testing.M) {
	if os.Getenv("SIGNET_E2E_PIPE") != "serve" {
		os.Exit(m.Run())
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pipe:", err)
		os.Exit(1)
	}
}

// A request is one line from Node.js. Times are milliseconds since 1970, and may have
// fractions; 0 is no time.
type request struct {
	Do string `json:"do"` // "open", "seal" or "site"

	// Codec is a spec. Its text finds the codec again.
	Codec json.RawMessage `json:"codec"`

	Value string  `json:"value"` // to open
	Now   float64 `json:"now"`

	Claims  string  `json:"claims"` // to seal
	Issued  float64 `json:"issued"`
	Expires float64 `json:"expires"`

	Site site `json:"site"` // to serve
}

// A spec says how to make a codec.
type spec struct {
	Format string `json:"format"`
	Cookie string `json:"cookie"`
	Keys   []struct {
		ID     string `json:"id"`
		Secret string `json:"secret"`
	} `json:"keys"` // newest first

	Algorithm string `json:"algorithm"` // of jwt
	Public    string `json:"public"`    // a key in PEM: a Verifier of others' tokens instead
}

// An answer is one line to Node.js: a value, or claims, or the reason of a refusal, or a
// fault that ends the test.
type answer struct {
	Value   string `json:"value,omitempty"`
	Claims  string `json:"claims,omitempty"`
	Expires int64  `json:"expires,omitempty"` // milliseconds
	Key     string `json:"key,omitempty"`
	Stale   bool   `json:"stale,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Detail  string `json:"detail,omitempty"`
	URL     string `json:"url,omitempty"`
	Fault   string `json:"fault,omitempty"`
}

// serve answers requests until the input ends.
func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	replies := bufio.NewWriter(out)
	codecs := codecs{}
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return replies.Flush()
		}
		if err != nil {
			return err
		}
		reply, err := codecs.answer(line)
		if err != nil {
			reply = answer{Fault: err.Error()}
		}
		if err := json.NewEncoder(replies).Encode(reply); err != nil {
			return err
		}
		if lines.Buffered() == 0 {
			if err := replies.Flush(); err != nil {
				return err
			}
		}
	}
}

// codecs are those made so far, by the text of their spec.
type codecs map[string]seal.Codec

func (c codecs) answer(line []byte) (answer, error) {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return answer{}, err
	}
	if r.Do == "site" {
		url, err := r.Site.serve()
		return answer{URL: url}, err
	}
	codec, err := c.codec(string(r.Codec))
	if err != nil {
		return answer{}, err
	}
	switch r.Do {
	case "seal":
		value, err := codec.Seal([]byte(r.Claims), seal.Life{Issued: at(r.Issued), Expires: at(r.Expires)})
		if err != nil {
			return answer{Reason: "refused", Detail: err.Error()}, nil
		}
		return answer{Value: value}, nil
	case "open":
		return open(codec, r)
	}
	return answer{}, fmt.Errorf("cannot do %q", r.Do)
}

func open(codec seal.Codec, r request) (answer, error) {
	opened, err := codec.Open(r.Value, at(r.Now))
	var refused *seal.OpenError
	switch {
	case errors.As(err, &refused):
		return answer{Reason: seal.Reason(err), Detail: refused.Detail}, nil
	case err != nil:
		return answer{}, err
	}
	reply := answer{Claims: string(opened.Claims), Key: opened.Key, Stale: opened.Stale}
	if !opened.Expires.IsZero() {
		reply.Expires = opened.Expires.UnixMilli()
	}
	return reply, nil
}

// at keeps fractions of a millisecond.
func at(milli float64) time.Time {
	if milli == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(milli * 1000))
}

func (c codecs) codec(text string) (seal.Codec, error) {
	if made, ok := c[text]; ok {
		return made, nil
	}
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, err
	}
	made, err := s.codec()
	if err != nil {
		return nil, err
	}
	c[text] = made
	return made, nil
}

func (s spec) codec() (seal.Codec, error) {
	if s.Public != "" {
		return newVerifier(s.Public, s.Algorithm)
	}
	build, ok := map[string]seal.Make{
		"iron":      iron.New,
		"iron-data": iron.Data,
		"authjs":    authjs.V5,
		"authjs-v4": authjs.V4,
		"jwt":       jwt.Options{Algorithm: s.Algorithm}.New,
		"jwt-plain": jwt.Options{Algorithm: s.Algorithm, Typ: "JWT", NoJTI: true}.New,
		"jwt-kid":   jwt.Options{Algorithm: s.Algorithm, KeyID: true}.New,
	}[s.Format]
	if !ok {
		return nil, fmt.Errorf("no format %q", s.Format)
	}
	return build(s.ring(), s.Cookie)
}

func (s spec) ring() seal.Ring {
	var ring seal.Ring
	for _, k := range s.Keys {
		ring = append(ring, seal.Key{ID: k.ID, Secret: []byte(k.Secret)})
	}
	return ring
}
