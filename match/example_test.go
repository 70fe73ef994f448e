package match_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/signet-auth/signet/match"
)

func ExampleSet_Match() {
	set, err := match.Compile(match.Site{},
		match.Pattern{Source: "/userposts/:path*"},
		match.Pattern{Source: "/home/:stadiumId/review"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, target := range []string{"/userposts", "/userposts/1/edit?page=2", "/userposts-1", "/home/7/review.json", "/home//review"} {
		covered, _ := set.Match(match.Request{Target: target})
		fmt.Println(target, covered)
	}
	// Output:
	// /userposts true
	// /userposts/1/edit?page=2 true
	// /userposts-1 false
	// /home/7/review.json true
	// /home//review false
}

func ExampleSet_Covers() {
	set, err := match.Compile(match.Site{}, match.Pattern{Source: "/admin/:path*"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, target := range []string{"/admin/users", "/%2561dmin", "/x/..;/admin", "/public?next=/admin"} {
		covered, _ := set.Match(match.Request{Target: target})
		fmt.Println(target, "in Next.js:", covered, "protected:", set.Covers(target))
	}
	// Output:
	// /admin/users in Next.js: true protected: true
	// /%2561dmin in Next.js: false protected: true
	// /x/..;/admin in Next.js: false protected: true
	// /public?next=/admin in Next.js: false protected: false
}

func ExampleSet_CoversRequest() {
	set, err := match.Compile(match.Site{}, match.Pattern{
		Source:          "/drafts/:path*",
		Has:             []match.Condition{{Type: "header", Key: "x-preview"}},
		ClientMayChoose: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := match.Request{Target: "/drafts/1"}
	fmt.Println(set.CoversRequest(r))
	r.Header = http.Header{"X-Preview": {"1"}}
	fmt.Println(set.CoversRequest(r))
	// Output:
	// false
	// true
}

func ExampleSet_Protects() {
	set, err := match.Compile(match.Site{}, match.Pattern{Source: "/((?!api|login).*)"})
	if err != nil {
		fmt.Println(err)
		return
	}
	warnings, err := set.Protects()
	fmt.Println(warnings[0], err)

	set, err = match.Compile(match.Site{}, match.Pattern{
		Source:  "/mypage",
		Missing: []match.Condition{{Type: "header", Key: "next-router-prefetch"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = set.Protects()
	fmt.Println(err)
	// Output:
	// "/((?!api|login).*)": leaves out every path that only begins with api, login (so "/api-more" too); end each with (?:/|$) to mean whole segments <nil>
	// match: pattern "/mypage": has and missing are chosen by the client and cannot guard a page: a header would switch the protection off. Remove them, or say that the client may choose
}

func ExampleSet_Explain() {
	set, err := match.Compile(match.Site{BuildID: "b1"}, match.Pattern{Source: "/((?!api).*)"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, target := range []string{"/api/x", "/%61pi/x", "/_next/data/b1/posts.json", "/posts/"} {
		e := set.Explain(match.Request{Target: target})
		fmt.Printf("%s is %s: covered %v, by %q\n", target, e.Path, e.Covered, e.By)
		for _, r := range e.Readings {
			fmt.Printf("  %s %s: %s\n", r.Name, r.Pattern, r.Why)
		}
		if e.Redirect != "" {
			fmt.Println("  redirected to", e.Redirect)
		}
	}
	// Output:
	// /api/x is /api/x: covered false, by ""
	//   raw /((?!api).*): the path is left out by (?!api)
	// /%61pi/x is /%61pi/x: covered true, by "raw"
	//   raw /((?!api).*): the path matches
	//   decoded /((?!api).*): the path is left out by (?!api)
	// /_next/data/b1/posts.json is /posts: covered true, by ""
	//   raw /((?!api).*): the path matches
	// /posts/ is /posts/: covered true, by ""
	//   raw /((?!api).*): the path matches
	//   redirected to /posts
}

func ExampleSet_ExplainCovers() {
	set, err := match.Compile(match.Site{}, match.Pattern{Source: "/admin/:path*"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range set.ExplainCovers("/x/..;/admin").Readings {
		if r.Covered {
			fmt.Println(r.Name, r.Path, r.Why)
		}
	}
	// Output: lenient /admin the path matches
}

func ExampleCompile() {
	_, err := match.Compile(match.Site{}, match.Pattern{Source: "/posts/*"})
	fmt.Println(err)

	var refused *match.PatternError
	if errors.As(err, &refused) {
		fmt.Println(refused.Pattern)
		fmt.Printf("%*s\n", refused.Pos+1, "^")
	}
	// Output:
	// match: pattern "/posts/*" at 7: nothing before * that it could repeat; put * + ? after a parameter or a group, or escape it
	// /posts/*
	//        ^
}

func ExampleEverything() {
	set, err := match.Everything(match.Site{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Match(match.Request{Target: "/anything"}))
	// Output: true <nil>
}

func ExampleParse() {
	for _, text := range []string{
		`/posts/:id`,
		`["/a", {"source": "/b", "has": [{"type": "cookie", "key": "session"}]}]`,
	} {
		patterns, err := match.Parse(text)
		fmt.Println(patterns, err)
	}
	// Output:
	// [/posts/:id] <nil>
	// [/a /b] <nil>
}

func ExampleParseMatcher() {
	_, err := match.ParseMatcher(`{"source": "/a"}`)
	fmt.Println(err)
	// Output: match: pattern "{\"source\": \"/a\"}": must be a source or an array of sources and objects
}

func ExampleCanonical() {
	fmt.Println(match.Canonical("/posts//%7Emina/../%61ll?sort=new"))
	_, err := match.Canonical("/public/..%2fadmin")
	fmt.Println(err, errors.Is(err, match.ErrAmbiguous))
	// Output:
	// /posts/all <nil>
	// match: ambiguous path: escaped slash true
}

func ExampleRequestOf() {
	set, err := match.Compile(match.Site{}, match.Pattern{Source: "/mypage/:path*"})
	if err != nil {
		fmt.Println(err)
		return
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if set.Covers(match.RequestOf(r).Target) {
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		fmt.Fprintln(w, "hello")
	})
	for _, target := range []string{"/", "/mypage/edit", "/%6dypage"} {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		fmt.Print(target, " ", w.Code, " ", w.Body)
	}
	// Output:
	// / 200 hello
	// /mypage/edit 401 sign in first
	// /%6dypage 401 sign in first
}
