package pages_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// allowed are the elements that pages are made of and the attributes that each may have
// besides id, class, role and aria-*.
var allowed = map[string][]string{
	"html": {"lang"}, "head": nil, "body": nil, "title": nil, "style": {"nonce"},
	"meta": {"charset", "name", "content"}, "link": {"rel", "href"},
	"header": nil, "main": nil, "footer": nil, "section": nil, "div": nil, "span": nil, "p": nil, "bdi": nil,
	"h1": nil, "h2": nil, "ul": nil, "li": nil, "dl": nil, "dt": nil, "dd": nil, "a": {"href"},
	"form": {"method", "action"}, "label": {"for"}, "button": {"type"},
	"input": {"name", "type", "value", "autocomplete", "inputmode", "placeholder", "minlength",
		"maxlength", "pattern", "readonly", "hidden", "autocapitalize", "spellcheck", "required", "autofocus"},
	"details": {"open"}, "summary": nil,
	"time": {"datetime", "title"},
	"svg":  {"viewbox"}, "circle": {"cx", "cy", "r"}, "path": {"d"},
	"rect": {"x", "y", "width", "height", "rx"},
}

var void = []string{"meta", "link", "input"}

// A tag is a start tag of a page, as a browser reads it.
type tag struct {
	name string
	attr map[string]string
	text string // what stands between it and its end, without the tags inside
}

// inspect reads a page the way a browser does and fails unless it is well-formed and
// made of nothing but what pages are made of.
func inspect(t testing.TB, page string) []*tag {
	t.Helper()
	var all, open []*tag
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Fatalf("the page does not parse: %v", z.Err())
			}
			if len(open) > 0 {
				t.Fatalf("<%s> is never closed", open[len(open)-1].name)
			}
			return all
		case html.TextToken:
			text := string(z.Text())
			for _, o := range open {
				o.text += text
			}
		case html.CommentToken:
			t.Fatalf("a comment: %s", z.Raw())
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1].name != string(name) {
				t.Fatalf("</%s> closes nothing", name)
			}
			open = open[:len(open)-1]
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			tg := inspectTag(t, token)
			all = append(all, tg)
			if token.Type == html.StartTagToken && !slices.Contains(void, tg.name) {
				open = append(open, tg)
			}
		}
	}
}

func inspectTag(t testing.TB, token html.Token) *tag {
	t.Helper()
	tg := &tag{name: token.Data, attr: map[string]string{}}
	attrs, ok := allowed[tg.name]
	if !ok {
		t.Fatalf("unexpected element %s", token)
	}
	for _, a := range token.Attr {
		usual := a.Key == "id" || a.Key == "class" || a.Key == "role" || strings.HasPrefix(a.Key, "aria-")
		if !usual && !slices.Contains(attrs, a.Key) {
			t.Fatalf("unexpected attribute %q in %s", a.Key, token)
		}
		if _, twice := tg.attr[a.Key]; twice {
			t.Fatalf("%q twice in %s", a.Key, token)
		}
		tg.attr[a.Key] = a.Val
	}
	for _, key := range []string{"href", "action"} {
		u, ok := tg.attr[key]
		icon := tg.attr["rel"] == "icon" && strings.HasPrefix(u, "data:image/svg+xml,")
		path := strings.HasPrefix(u, "/") && !strings.HasPrefix(u, "//") && !strings.HasPrefix(u, `/\`)
		web := strings.HasPrefix(strings.ToLower(u), "http://") || strings.HasPrefix(strings.ToLower(u), "https://")
		if ok && !icon && !path && !web {
			t.Fatalf("%s leads to %q", token, u)
		}
	}
	return tg
}

func only(tags []*tag, name string) (found []*tag) {
	for _, tg := range tags {
		if tg.name == name {
			found = append(found, tg)
		}
	}
	return found
}
