package pages_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signet-auth/signet/pages"
)

var (
	update = flag.Bool("update", false, "write the pages in testdata anew; look at the difference before you keep it")
	look   = flag.String("look", "", "also write all pages, with their style, into this folder, to be opened in a browser")
)

// The style is the same on all pages and tested elsewhere, so testdata leaves it out.
func TestGolden(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		for _, s := range samples(lang) {
			t.Run(lang+" "+s.name, func(t *testing.T) {
				page, name := render(t, s.frame, s.page), s.name+"."+lang+".html"
				got := strings.Replace(page, pages.Style, "/* html/style.css */\n", 1)
				file := filepath.Join("testdata", name)
				if *update {
					write(t, file, got)
				}
				if *look != "" {
					write(t, filepath.Join(*look, name), page)
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s differs; run with -update and look at the difference. Now:\n%s", file, got)
				}
			})
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
