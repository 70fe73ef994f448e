// Package signet signs people in to web apps and keeps their sessions.
//
// An [Auth], made by [New], serves the end points that the next-auth/react client (v4 and
// v5) expects, and middleware for handlers of one's own:
//
//	auth, err := signet.New(signet.Config{
//		Secrets:   []string{os.Getenv("AUTH_SECRET")},
//		Providers: []signet.Provider{credentials.New(checkPassword)},
//	})
//	mux.Handle("/api/auth/", auth.Handler())
//	mux.Handle("/posts/", auth.Require(posts))
//
// # End points
//
// All lie below the base path, /api/auth unless configured otherwise. Those of Auth.js:
//
//	GET  session            who is signed in, or null; renews the session when due
//	POST session            update(data) → the Claims callback with the trigger "update"
//	GET  csrf               the token that every post below has to show
//	GET  providers          ways to sign in
//	GET  signin             the page; POST signin/<id> begins
//	POST callback/<id>      the visitor's answer → session, or back to signin?error=
//	GET  signout            the page; POST ends the session at the server and the cookie
//	GET  error              what went wrong
//	GET  verify-request     "check your mail"
//	POST _log               reports of the v4 client, dropped
//
// And ours:
//
//	GET  signup             the page; POST opens an account → session
//	GET  account            who am I, my sessions
//	GET  sessions           my sessions as JSON
//	POST sessions/end       ends one of them; sessions/others all but this one
//
// # Sessions
//
// With the strategy [JWT] the session is sealed into the cookie and no request looks it up;
// with [Database] the cookie is an ID and a secret. Both have an ID, end when idle for
// MaxAge or Absolute after the sign-in, and are over at once when signed out, also in
// copies of the cookie: the sealed ones by a set of ended sessions in memory that the
// store feeds.
//
// # What it does not own
//
// Cookie formats are package seal's, names and chunks of cookies package cookie's, matchers
// package match's, pages package pages', password hashes package password's. Providers and
// stores stand on this package and do not know each other.
package signet
