package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/signet-auth/signet"
)

// The demo user, and the file in the data folder with its password. The password is made
// anew for each folder: the user stays when somebody goes on without --demo, and must not
// be a door that everybody knows.
const (
	demoEmail    = "demo@example.com"
	demoName     = "Demo User"
	demoPassword = "demo-password"
)

// demoProtects are the rules of the demo, as `protect` of signet.yaml has them.
var demoProtects = []string{"/userposts/:path*", "/demo/api/:path*"}

// demoAudience is the API of the demo, for access tokens.
const demoAudience = "posts"

// A demo is a small site of the kind that the tutorials build: a start page that shows the
// session, a protected page with the posts of whoever is signed in, and a protected API.
type demo struct {
	site     *site
	opened   *opened
	posts    *posts
	password string
	api      http.Handler // of the second tutorial
}

// newDemo makes sure that the demo user is there and can sign in with the password.
func newDemo(ctx context.Context, s *site, o *opened) (*demo, error) {
	password, err := keptPassword(filepath.Join(s.config.data, demoPassword))
	if err != nil {
		return nil, fmt.Errorf("demo: password of the demo user: %w", err)
	}
	user, err := demoUser(ctx, o, s.config.passwordProvider(), password)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	d := &demo{site: s, opened: o, posts: demoPosts(user.ID), password: password}
	d.api = d.tokenAPI()
	return d, nil
}

// keptPassword reads the password, or makes one.
func keptPassword(path string) (string, error) {
	text, err := readBounded(path, 1<<10)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var raw [10]byte
	rand.Read(raw[:])
	letters := strings.ToLower(base32.StdEncoding.EncodeToString(raw[:]))
	made := letters[:4] + "-" + letters[4:8] + "-" + letters[8:12] + "-" + letters[12:]
	// Where `store` and `secrets` are elsewhere, nobody has made the folder yet.
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	return made, os.WriteFile(path, []byte(made+"\n"), 0o600)
}

// demoUser finds or makes the demo user and gives it the password.
func demoUser(ctx context.Context, o *opened, provider, password string) (signet.User, error) {
	now := time.Now()
	subject := signet.FoldEmail(demoEmail)
	account, err := o.store.Account(ctx, provider, subject)
	if err == nil {
		if outcome, err := o.hasher.Verify(ctx, string(account.Data), password); err == nil && outcome.Match {
			return o.store.User(ctx, signet.By{ID: account.UserID})
		}
	} else if !errors.Is(err, signet.ErrNotFound) {
		return signet.User{}, err
	}
	hash, hashErr := o.hasher.Hash(ctx, password)
	if hashErr != nil {
		return signet.User{}, hashErr
	}
	account.Provider, account.Subject, account.Data, account.Updated = provider, subject, []byte(hash), now
	if account.Version > 0 { // somebody gave the user another password meanwhile
		if _, err := o.store.SaveAccount(ctx, account); err != nil {
			return signet.User{}, err
		}
		return o.store.User(ctx, signet.By{ID: account.UserID})
	}
	account.Created = now
	user, err := o.store.User(ctx, signet.By{Email: demoEmail})
	if errors.Is(err, signet.ErrNotFound) {
		// Proved, since we made it up: else the first letter would take the password away, as it
		// does where somebody else may have opened the account (security line S-79).
		user = signet.User{Name: demoName, Email: demoEmail, EmailVerified: now, Created: now, Updated: now}
		return o.store.CreateUser(ctx, user, &account)
	}
	if err != nil {
		return signet.User{}, err
	}
	account.UserID = user.ID
	_, err = o.store.SaveAccount(ctx, account)
	return user, err
}

// greet prints where to look and how to get in.
func (d *demo) greet(w io.Writer, url string) {
	here := url
	if public := d.site.config.url; public != "" {
		url = strings.TrimSuffix(strings.TrimRight(public, "/"), d.site.base)
	}
	fmt.Fprintf(w, `
The demo user

  e-mail    %s
  password  %s

What there is to see

`, demoEmail, d.password)
	t := newTable(w, "  Start page", url+"/", "the session, and the ways in and out")
	t.add("  Protected page", url+"/userposts", "sends you to sign in, then shows your posts")
	t.add("  Protected API", url+"/demo/api/posts", "401 for a script without a session")
	t.add("  Token API", url+demoLogIn, "POST a log-in, then GET "+demoUsers+"{id} with the accessToken")
	t.add("  Session", url+"/session", "as JSON, null when nobody is signed in")
	t.add("  For next-auth", url+d.site.base, "what next-auth/react talks to")
	if d.opened.letters.outbox != nil {
		t.add("  Outbox", here+outboxPath, "letters that would be sent: sign-in links, new accounts")
	}
	t.flush()
	fmt.Fprint(w, `
Next: open the start page and sign in. Then write a configuration of your own with
`+"`signet init`"+`, and add people with `+"`signet user add`"+`. Ctrl-C stops.
`)
}
