package signettest

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Reach lets the browser find these providers under the names of the real ones.
func (b *Browser) Reach(providers ...*Provider) { b.reach.add(providers) }

// SignInWith walks through a whole sign-in: it posts to path, "/api/auth/signin/kakao", goes
// where that leads, says yes to p where p asks, and comes back. The page it returns is where
// the visitor ends up, or is stuck.
func (b *Browser) SignInWith(p *Provider, path string) Page {
	b.t.Helper()
	b.Reach(p)
	base, _, ok := strings.Cut(path, "/signin/")
	if !ok {
		b.t.Fatalf("signettest: %q is no path to sign in at", path)
	}
	page := b.Follow(b.Post(path, url.Values{"csrfToken": {b.CSRF(base)}}))
	if strings.Contains(page.Body, `name="fake_consent"`) {
		page = b.Follow(b.SubmitForm(page, url.Values{"fake_consent": {"allow"}}))
	}
	return page
}

// Follow goes on from a page as a browser does by itself: along redirects, to other sites as
// well, and through forms that post themselves, twenty at most.
func (b *Browser) Follow(page Page) Page {
	b.t.Helper()
	for range 20 {
		switch {
		case page.Status >= 300 && page.Status < 400 && page.Location() != "":
			page = b.redirected(page)
		case strings.Contains(page.Body, ".submit()"):
			page = b.SubmitForm(page, nil)
		default:
			return page
		}
	}
	b.t.Fatalf("signettest: too many redirects, the last one to %s", page.Location())
	return page
}

// redirected goes where a redirect leads. Every one in use turns a POST into a GET, but for
// 307 and 308, which no sign-in may use: they would carry the password along.
func (b *Browser) redirected(page Page) Page {
	b.t.Helper()
	if page.Status == http.StatusTemporaryRedirect || page.Status == http.StatusPermanentRedirect {
		b.t.Fatalf("signettest: %s redirects with %d, which repeats what was posted", page.URL, page.Status)
	}
	from, to := b.base(page), page.Location()
	u, err := from.Parse(to)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	return b.do(visit{method: http.MethodGet, to: u.String(), from: from})
}

// SubmitForm presses the button of the first form of a page. Members of change are put in
// place of the form's own.
func (b *Browser) SubmitForm(page Page, change url.Values) Page {
	b.t.Helper()
	tag := formTag.FindStringSubmatchIndex(page.Body)
	if tag == nil {
		b.t.Fatalf("signettest: %s has no form: %d %s", page.URL, page.Status, page.Body)
	}
	inside, _, _ := strings.Cut(page.Body[tag[1]:], "</form>")
	attributes := attributesOf(page.Body[tag[2]:tag[3]])
	values := url.Values{}
	for _, input := range inputTag.FindAllStringSubmatch(inside, -1) {
		if a := attributesOf(input[1]); a["name"] != "" && a["type"] != "submit" {
			values.Add(a["name"], a["value"])
		}
	}
	maps.Copy(values, change)
	from := b.base(page)
	to, err := from.Parse(attributes["action"])
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	if !strings.EqualFold(attributes["method"], "post") {
		to.RawQuery = values.Encode()
		return b.do(visit{method: http.MethodGet, to: to.String(), from: from})
	}
	header := http.Header{"Content-Type": {formType}, "Origin": {from.Scheme + "://" + from.Host}}
	return b.do(visit{method: http.MethodPost, to: to.String(), body: values.Encode(), header: header, from: from})
}

// base is what the links of a page stand on.
func (b *Browser) base(page Page) *url.URL {
	b.t.Helper()
	u, err := b.site.Parse(page.URL)
	if err != nil {
		b.t.Fatalf("signettest: %v", err)
	}
	return u
}

var (
	formTag   = regexp.MustCompile(`(?i)<form\b([^>]*)>`)
	inputTag  = regexp.MustCompile(`(?i)<input\b([^>]*)>`)
	attribute = regexp.MustCompile(`([a-zA-Z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)`)
)

func attributesOf(tag string) map[string]string {
	found := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		found[strings.ToLower(m[1])] = html.UnescapeString(strings.Trim(m[2], `"'`))
	}
	return found
}
