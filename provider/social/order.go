package social

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/provider/oauth2"
)

const (
	orderTime = 5 * time.Second
	maxOrder  = 64 << 10 // bytes of an answer
)

// An order is a call that changes something at a provider, in a way that RFC 7009 does not
// know.
type order struct {
	op, method, to string

	form    url.Values // the body, if there is one
	json    []byte     // or this
	bearer  string     // the access token, if the call is made with it
	id, key string     // or the client, by Basic

	gone []int // answers that mean: there was nothing left to do
}

// send makes the call, once, and gives the object of the answer, if it is one. Its error is
// an [*oauth2.Error] without any token.
func (d order) send(ctx context.Context, w signet.World) (oauth2.Object, error) {
	r, err := d.request(ctx)
	if err != nil {
		return nil, err
	}
	reply, err := oauth2.Send(w, r, orderTime, maxOrder)
	if err != nil {
		return nil, &oauth2.Error{Op: d.op, Err: err}
	}
	o := oauth2.Object(reply.Body)
	for _, status := range d.gone {
		if reply.Status == status {
			return o, nil
		}
	}
	// Naver says error in a 200, Slack "ok": false; Facebook's error is an object.
	said := o.At("/error")
	if reply.Status/100 == 2 && said == nil && string(o.At("/ok")) != "false" {
		return o, nil
	}
	code := o.Text("/error")
	if len(said) > 0 && said[0] == '{' {
		code = o.ID("/error/code")
	}
	return nil, &oauth2.Error{Op: d.op, Status: reply.Status, Code: plainWord(code)}
}

func (d order) request(ctx context.Context) (*http.Request, error) {
	body, kind := d.json, "application/json"
	if d.form != nil {
		body, kind = []byte(d.form.Encode()), "application/x-www-form-urlencoded"
	}
	r, err := http.NewRequestWithContext(ctx, d.method, d.to, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("social: the URL of an end point cannot be read")
	}
	r.GetBody = nil // nor does net/http send it twice
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Accept", "application/json")
	switch {
	case d.bearer != "":
		r.Header.Set("Authorization", "Bearer "+d.bearer)
	case d.id != "":
		r.SetBasicAuth(url.QueryEscape(d.id), url.QueryEscape(d.key)) // RFC 6749 section 2.3.1
	}
	return r, nil
}

// plainWord gives a provider's code if it can stand in a log.
func plainWord(code string) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."
	if len(code) > 64 || strings.Trim(code, letters) != "" {
		return ""
	}
	return code
}

const revocation = "revocation"

var errNoList = errors.New("the answer is no list")
