package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/signet-auth/signet"
	"github.com/signet-auth/signet/pages"
)

//go:embed demo/*.html
var demoHTML embed.FS

// demoStyle comes behind [pages.Stylesheet].
//
//go:embed demo/style.css
var demoStyle string

var demoTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(demoHTML, "demo/*.html"))
})

// serve answers below auth.Middleware, which has turned away whoever the rules keep out.
func (d *demo) serve(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, demoAPI) {
		d.api.ServeHTTP(w, r)
		return
	}
	var page func(http.ResponseWriter, *http.Request)
	switch r.URL.Path {
	case "/":
		page = d.home
	case "/session":
		page = d.sessionJSON
	case "/userposts":
		page = d.userPosts
	case "/demo/api/posts":
		page = d.postsJSON
	}
	if page == nil || r.Method != http.MethodGet && r.Method != http.MethodHead {
		d.site.serve(w, r)
		return
	}
	w.Header().Set("Cache-Control", "private, no-store")
	page(w, r)
}

// sheet is what the templates of the demo are given.
type sheet struct {
	W           *demoWords
	Nonce       string
	Base, Style template.CSS
	Title       string

	User, Email                               string
	SignIn, SignUp, SignOut, Account, Session string // addresses; what is not offered is empty
	JSON                                      string
	Posts                                     []post
}

// home shows the session, and the ways in and out.
func (d *demo) home(w http.ResponseWriter, r *http.Request) {
	s := d.sheet(r)
	s.Title = s.W.Home
	s.JSON = string(d.view(w, r))
	d.draw(w, "home", s)
}

// sessionJSON shows the session as the page of the first tutorial does:
// JSON.stringify(session, null, 2), and null for nobody.
func (d *demo) sessionJSON(w http.ResponseWriter, r *http.Request) {
	view := d.view(w, r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(append(view, '\n'))
}

// userPosts is the protected page of the second tutorial.
func (d *demo) userPosts(w http.ResponseWriter, r *http.Request) {
	s := d.sheet(r)
	s.Title = s.W.Posts
	s.Posts = d.postsOf(r)
	d.draw(w, "posts", s)
}

// postsJSON is its API.
func (d *demo) postsJSON(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	json.NewEncoder(w).Encode(d.postsOf(r)) // fails only when the visitor has gone
}

// postsOf lists the posts of whoever asks. The rules let nobody else through; should one
// be removed, the list is empty rather than somebody's.
func (d *demo) postsOf(r *http.Request) []post {
	session, ok := signet.SessionFrom(r.Context())
	if !ok {
		return []post{}
	}
	return d.posts.of(session.UserID, session.Name, session.Email)
}

func (d *demo) sheet(r *http.Request) *sheet {
	base := d.site.base
	s := &sheet{W: demoWordsFor(pages.Language(r.Header.Get("Accept-Language"))), Nonce: nonce(), Base: template.CSS(pages.Stylesheet()), Style: template.CSS(demoStyle)}
	if session, ok := signet.SessionFrom(r.Context()); ok {
		s.User, s.Email = session.Name, session.Email
		if s.User == "" {
			s.User, s.Email = session.Email, ""
		}
		s.Account, s.SignOut = base+"/account", base+"/signout"
		return s
	}
	back := "?" + url.Values{"callbackUrl": {"/"}}.Encode()
	s.SignIn = base + "/signin" + back
	if d.site.config.signUpOpen() {
		s.SignUp = base + "/signup" + back
	}
	return s
}

func (d *demo) draw(w http.ResponseWriter, name string, s *sheet) {
	var b bytes.Buffer
	if err := demoTemplates().ExecuteTemplate(&b, name, s); err != nil {
		http.Error(w, "This page cannot be drawn.", http.StatusInternalServerError)
		return
	}
	pages.SetHeaders(w.Header(), s.Nonce)
	w.Header().Add("Vary", "Accept-Language")
	w.Write(b.Bytes())
}

// view asks our own end point for the session, as a page's script would, and hands on the
// cookies that come with the answer.
func (d *demo) view(w http.ResponseWriter, r *http.Request) []byte {
	ask := r.Clone(r.Context())
	ask.Method, ask.Body = http.MethodGet, http.NoBody
	ask.URL.Path, ask.URL.RawPath, ask.URL.RawQuery = d.site.base+"/session", "", ""
	ask.RequestURI = ask.URL.Path
	inner := &captured{header: http.Header{"Set-Cookie": w.Header()["Set-Cookie"]}}
	d.opened.auth.Handler().ServeHTTP(inner, ask)
	if lines := inner.header["Set-Cookie"]; len(lines) > 0 {
		w.Header()["Set-Cookie"] = lines
	}
	var indented bytes.Buffer
	if json.Indent(&indented, inner.body.Bytes(), "", "  ") != nil {
		return []byte("null")
	}
	return indented.Bytes()
}

// A captured answer is a response that stays in this process.
type captured struct {
	header http.Header
	body   bytes.Buffer
}

func (a *captured) Header() http.Header         { return a.header }
func (a *captured) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *captured) WriteHeader(int)             {}

// Initial is the letter in the circle beside a name.
func (s *sheet) Initial() string {
	for _, r := range s.User {
		return strings.ToUpper(string(r))
	}
	return ""
}
