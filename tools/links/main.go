// Command links checks that every link of the Markdown files named on its command line
// leads somewhere: to a file or folder beside it, and to a heading where it has an anchor.
// Links to other sites are left alone.
package main

import (
	"bufio"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

var (
	fence   = regexp.MustCompile("^ *(```|~~~)")
	code    = regexp.MustCompile("`[^`]*`")
	inline  = regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)`)
	defined = regexp.MustCompile(`^\[[^\]]+\]: *(\S+)`)
	heading = regexp.MustCompile(`^#{1,6} +(.*?) *#*$`)
	marks   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`) // a link inside a heading
)

func main() {
	broken := 0
	for _, file := range os.Args[1:] {
		d, err := read(file)
		if err != nil {
			fmt.Fprintln(os.Stderr, "links:", err)
			os.Exit(2)
		}
		for _, l := range d.links {
			if err := check(file, l.to); err != nil {
				fmt.Printf("%s:%d: %s: %v\n", file, l.line, l.to, err)
				broken++
			}
		}
	}
	if broken > 0 {
		os.Exit(1)
	}
}

// A document is what one file offers and asks for.
type document struct {
	links   []link
	anchors map[string]bool
}

type link struct {
	line int
	to   string
}

func read(file string) (document, error) {
	f, err := os.Open(file)
	if err != nil {
		return document{}, err
	}
	defer f.Close()
	d := document{anchors: map[string]bool{}}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	inCode := false
	for n := 1; lines.Scan(); n++ {
		text := lines.Text()
		if fence.MatchString(text) {
			inCode = !inCode
		} else if !inCode {
			d.take(n, text)
		}
	}
	return d, lines.Err()
}

func (d *document) take(line int, text string) {
	if h := heading.FindStringSubmatch(text); h != nil {
		d.addAnchor(slug(h[1]))
	}
	text = code.ReplaceAllString(text, "")
	for _, m := range inline.FindAllStringSubmatch(text, -1) {
		d.links = append(d.links, link{line, m[1]})
	}
	if m := defined.FindStringSubmatch(text); m != nil {
		d.links = append(d.links, link{line, m[1]})
	}
}

// addAnchor numbers a heading that stands there twice, as GitHub does.
func (d *document) addAnchor(name string) {
	free := name
	for n := 1; d.anchors[free]; n++ {
		free = fmt.Sprintf("%s-%d", name, n)
	}
	d.anchors[free] = true
}

// slug makes the anchor of a heading: lower case, words joined by hyphens, no punctuation.
func slug(text string) string {
	text = marks.ReplaceAllString(text, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, text)
}

func check(from, to string) error {
	u, err := url.Parse(to)
	if err != nil {
		return err
	}
	if u.Scheme != "" || u.Host != "" {
		return nil
	}
	target := from
	if u.Path != "" {
		target = filepath.Join(filepath.Dir(from), filepath.FromSlash(u.Path))
	}
	if _, err := os.Stat(target); err != nil {
		return fmt.Errorf("no such file")
	}
	if u.Fragment == "" || filepath.Ext(target) != ".md" {
		return nil
	}
	d, err := read(target)
	if err != nil {
		return err
	}
	if !d.anchors[strings.ToLower(u.Fragment)] {
		return fmt.Errorf("no such heading")
	}
	return nil
}
