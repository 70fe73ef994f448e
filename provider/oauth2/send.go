package oauth2

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/signet-auth/signet"
)

const (
	// maxAnswer bounds what a token, userinfo or revocation end point may say, in bytes.
	maxAnswer = 64 << 10

	// tokenTime is what a token end point has (longer than others, as a provider that
	// rotates answers slowly under load); fetchTime is what the others have.
	tokenTime = 10 * time.Second
	fetchTime = 5 * time.Second

	// FinishTime is what all calls of one sign-in have together.
	FinishTime = 15 * time.Second
)

// A Reply is the answer to one call.
type Reply struct {
	Status int
	Type   string // Content-Type as sent
	Body   []byte
}

// Send makes one call with the client of w and reads the whole answer: within a time, and
// no more than most bytes, counted after decompression. It follows no redirect and never
// tries again. Its error tells the cause without the URL, in which there may be a secret.
func Send(w signet.World, r *http.Request, within time.Duration, most int) (Reply, error) {
	w = Complete(w)
	ctx, cancel := context.WithTimeout(r.Context(), within)
	defer cancel()
	client := *w.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r = r.WithContext(ctx)
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "Signet") // GitHub's API answers nobody who has none
	}
	answer, err := client.Do(r)
	if err != nil {
		return Reply{}, bare(err)
	}
	defer answer.Body.Close()
	reply := Reply{Status: answer.StatusCode, Type: answer.Header.Get("Content-Type")}
	reply.Body, err = io.ReadAll(io.LimitReader(answer.Body, int64(most)+1))
	if err != nil {
		return reply, bare(err)
	}
	if len(reply.Body) > most {
		reply.Body = nil
		return reply, errTooLong
	}
	return reply, nil
}

var errTooLong = errors.New("the answer is too long")

// bare takes the URL out of an error of net/http.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Complete fills in what package signet fills in, for a World that somebody else made.
func Complete(w signet.World) signet.World {
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.Rand == nil {
		w.Rand = rand.Reader
	}
	if w.HTTP == nil {
		w.HTTP = http.DefaultClient // every call has a deadline of its own
	}
	return w
}
