// Package pages turns plain data into the HTML that people see: signing in, signing up
// and out, errors, "check your mail" and what the mailed link leads to, and their own
// account with its sessions and ways to sign in.
//
// It owns the words (Korean and English), the looks (light and dark, from 320 px up) and
// the policy that locks a page down ([ContentSecurityPolicy], [SetHeaders]). Pages need no
// JavaScript, load nothing, and hold plain forms with the hidden fields csrfToken and
// callbackUrl that pages of Auth.js promise.
//
// It does not own a URL, a cookie or a decision: who may see a page, where its forms go
// and which code an error has is told by the caller. Text from outside (names, addresses,
// a back end's own words, user agents) may be given as received: here it is escaped,
// shortened and stripped of control and direction marks.
package pages

import (
	"bytes"
	"fmt"
	"io"
	"time"
)

// A Page is the data of one page: [SignIn], [Ask], [SignUp], [SignOut], [Forgot],
// [NewPassword], [VerifyRequest], [Confirm], [Account], [Error] or [Notice], and no others.
type Page interface {
	view(f Frame, w *words) view
}

// A Frame is what all pages have in common. Its zero value works: English, no name on
// top, nobody signed in.
type Frame struct {
	// Lang is "ko" or "en"; anything else means "en". See [Language].
	Lang string

	// Site is the name of the application, shown on top. Empty shows none.
	Site string

	// Home is where the name on top leads: an http or https URL, or a path. Empty, or
	// any other kind of URL, means no link.
	Home string

	// Nonce is the one given to [ContentSecurityPolicy] or [SetHeaders], fresh for each
	// answer. Without a valid one the policy blocks the style.
	Nonce string

	// User is who is signed in, shown at the foot of pages where that matters.
	// Empty means nobody.
	User string

	// AccountURL and SignOutURL are offered beside User; empty offers neither.
	AccountURL, SignOutURL string

	// Now is the time from which "3 hours ago" is counted. Zero shows dates in UTC.
	Now time.Time
}

// Render writes the page as a whole HTML document in UTF-8. It fails only when w does,
// and then has tried to write once. It may be called from several goroutines.
func Render(w io.Writer, f Frame, p Page) error {
	var b bytes.Buffer
	// The page is made before any of it is sent, so that a fault cannot end in half a form.
	if err := draw(&b, f, p); err != nil {
		return fmt.Errorf("pages: draw %T: %w", p, err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("pages: write %T: %w", p, err)
	}
	return nil
}
