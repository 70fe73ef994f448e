package pages_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/pages"
)

func TestProvidersOfTheRegionComeFirst(t *testing.T) {
	var p pages.SignIn
	for _, id := range []string{"github", "kakao", "line", "google", "naver"} {
		region := map[string]string{"kakao": "ko", "naver": "ko", "line": "ja"}[id]
		p.Providers = append(p.Providers, pages.Provider{ID: id, Type: "oauth", Action: "/signin/" + id, Region: region})
	}
	given := slices.Clone(p.Providers)
	for lang, want := range map[string]string{
		"ko": "kakao naver github line google",
		"en": "github kakao line google naver",
		"":   "github kakao line google naver",
	} {
		var got []string
		for _, f := range only(inspect(t, render(t, pages.Frame{Lang: lang}, p)), "form") {
			got = append(got, strings.TrimPrefix(f.attr["action"], "/signin/"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q sees %v, want %s", lang, got, want)
		}
	}
	for i := range given {
		if p.Providers[i].ID != given[i].ID {
			t.Fatal("the caller's list was sorted")
		}
	}
}

func TestMarksAreFoundByNameOrID(t *testing.T) {
	tests := []struct {
		name     string
		provider pages.Provider
		want     string // the class of the drawing, or "" for a letter
	}{
		{"by ID", pages.Provider{ID: "github"}, "logo github"},
		{"by name before ID", pages.Provider{ID: "github", Mark: "gitlab"}, "logo gitlab"},
		{"in any case", pages.Provider{ID: "corp", Mark: "Kakao"}, "logo kakao"},
		{"under the name that Auth.js has", pages.Provider{ID: "microsoft-entra-id"}, "logo microsoft"},
		{"one that is not drawn", pages.Provider{ID: "corp", Name: "Corp"}, ""},
		{"a name that is not drawn hides that of the ID", pages.Provider{ID: "github", Mark: "corp"}, ""},
		{"markup", pages.Provider{ID: "corp", Mark: `"><b>`}, ""},
		{"nothing", pages.Provider{}, ""},
	}
	for name := range pages.Drawings {
		tests = append(tests, struct {
			name     string
			provider pages.Provider
			want     string
		}{name, pages.Provider{Mark: name}, "logo " + name})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.provider.Type, tt.provider.Action = "oauth", "/x"
			tags := inspect(t, render(t, pages.Frame{}, pages.SignIn{Providers: []pages.Provider{tt.provider}}))
			got := ""
			for _, svg := range only(tags, "svg") {
				got = svg.attr["class"]
				if svg.attr["aria-hidden"] != "true" {
					t.Error("the drawing is read out")
				}
			}
			if got != tt.want {
				t.Errorf("drawing = %q, want %q", got, tt.want)
			}
			letter := slices.ContainsFunc(tags, func(tg *tag) bool { return tg.attr["class"] == "mono" })
			if letter != (tt.want == "") {
				t.Errorf("has a letter: %v", letter)
			}
		})
	}
}

func TestForgottenPasswordIsOfferedBelowAForm(t *testing.T) {
	leads := func(p pages.SignIn) int {
		p.ForgotURL = "/forgot"
		return strings.Count(render(t, pages.Frame{}, p), `href="/forgot"`)
	}
	second := password
	second.Name = "Staff"
	if got := leads(pages.SignIn{Providers: []pages.Provider{password, second}}); got != 1 {
		t.Errorf("%d links below two forms, want 1", got)
	}
	if got := leads(pages.SignIn{Providers: []pages.Provider{{ID: "github", Type: "oauth", Action: "/x"}}}); got != 0 {
		t.Errorf("%d links where no password is asked for", got)
	}
}

func TestAccountListsWays(t *testing.T) {
	p := pages.Account{CSRF: "t", CallbackURL: "/account", Ways: []pages.Way{
		{ID: "github", Name: "GitHub", LinkAction: "/signin/github", UnlinkAction: "/no"},
		{ID: "kakao", Name: "Kakao", Linked: true, Removable: true, LinkAction: "/no", UnlinkAction: "/unlink"},
		{ID: "password", Name: "Password", Linked: true, Removable: true, Confirm: true, UnlinkAction: "/unlink"},
		{ID: "naver", Name: "Naver"},
	}}
	page := render(t, pages.Frame{}, p)
	tags := inspect(t, page)
	var got []string
	for _, f := range only(tags, "form") {
		got = append(got, f.attr["action"])
	}
	for _, in := range only(tags, "input") {
		got = append(got, in.attr["name"]+"="+in.attr["value"])
	}
	for _, b := range append(only(tags, "button"), only(tags, "summary")...) {
		got = append(got, strings.TrimSpace(b.text)+"/"+b.attr["aria-label"])
	}
	want := []string{"/unlink", "/unlink", "/signin/github",
		"csrfToken=t", "callbackUrl=/account", "provider=kakao", "csrfToken=t", "callbackUrl=/account", "provider=password",
		"csrfToken=t", "callbackUrl=/account", "provider=github",
		"Remove/Remove Kakao", "Yes, remove it/", "Add/Add GitHub", "Remove/Remove Password"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if strings.Contains(page, "Naver") {
		t.Error("a way that cannot be added is listed")
	}
}

func TestS81_LastWayHasNoButton(t *testing.T) {
	p := pages.Account{Ways: []pages.Way{{ID: "github", Name: "GitHub", Linked: true, Confirm: true, LinkAction: "/link", UnlinkAction: "/unlink"}}}
	page := render(t, pages.Frame{}, p)
	if n := len(only(inspect(t, page), "form")); n != 0 || !strings.Contains(page, pages.English.OnlyWay) {
		t.Errorf("%d forms for the only way in", n)
	}
}

func TestCodesMeanAnotherThingInTheAccount(t *testing.T) {
	for code, key := range map[string]string{"SessionRequired": "signinagain", "OAuthAccountNotLinked": "waytaken"} {
		page := render(t, pages.Frame{}, pages.Account{Error: code, SignInURL: "/in"})
		if says := pages.English.Sayings[key]; !strings.Contains(page, says.Title) || !strings.Contains(page, says.Text) {
			t.Errorf("%s does not say %q", code, says.Title)
		}
		if offered := strings.Contains(page, `href="/in"`); offered != (key == "signinagain") {
			t.Errorf("%s offers to sign in: %v", code, offered)
		}
	}
}

func TestAccountChangesWhatTheCallerAllows(t *testing.T) {
	full := pages.Account{Email: mina, VerifyAction: "/verify", ChangeEmailAction: "/email", PasswordAction: "/password"}
	verified, nameless, bare := full, full, pages.Account{Email: mina, EmailVerified: true}
	verified.EmailVerified, verified.HasPassword = true, true
	nameless.Email = ""
	tests := []struct {
		name    string
		page    pages.Account
		actions string
		says    []string
		not     []string
	}{
		{"all of it", full, "/verify /email /password", []string{"Not confirmed", "Set a password"}, []string{"Change password", " open>"}},
		{"an address that is proven", verified, "/email /password", []string{">Confirmed<", "Change password"}, []string{"Not confirmed", "Set a password"}},
		{"no address", nameless, "/email /password", nil, []string{"onfirmed"}},
		{"nothing", bare, "", nil, []string{"onfirmed", "<details"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page := render(t, pages.Frame{}, tt.page)
			page = strings.Replace(page, pages.Style, "", 1)
			var actions []string
			for _, f := range only(inspect(t, page), "form") {
				actions = append(actions, f.attr["action"])
			}
			if got := strings.Join(actions, " "); got != tt.actions {
				t.Errorf("forms post to %q, want %q", got, tt.actions)
			}
			for _, s := range tt.says {
				if !strings.Contains(page, s) {
					t.Errorf("the page does not say %q", s)
				}
			}
			for _, s := range tt.not {
				if strings.Contains(page, s) {
					t.Errorf("the page says %q", s)
				}
			}
		})
	}
}

func TestAFoldOpensWhereItsErrorIs(t *testing.T) {
	for code, want := range map[string]string{"": "00", "InvalidEmail": "10", "too-short": "01", "Busy": "00"} {
		got := ""
		p := pages.Account{ChangeEmailAction: "/email", PasswordAction: "/password", Error: code}
		for _, d := range only(inspect(t, render(t, pages.Frame{}, p)), "details") {
			if _, open := d.attr["open"]; open {
				got += "1"
			} else {
				got += "0"
			}
		}
		if got != want {
			t.Errorf("%q opens %s, want %s", code, got, want)
		}
	}
}

func TestWhatWentWellIsSaid(t *testing.T) {
	w := pages.English
	for code, want := range map[string]string{
		"SessionEnded": w.SessionEnded, "OthersEnded": w.OthersEnded, "SignedUp": w.SignedUp, "Updated": w.Updated,
		"WayAdded": w.WayAdded, "WayRemoved": w.WayRemoved, "MailSent": w.MailSent, "EmailVerified": w.EmailVerified,
		"EmailChanged": w.EmailChanged, "PasswordChanged": w.PasswordChanged,
	} {
		if page := render(t, pages.Frame{}, pages.Account{Done: code}); !strings.Contains(page, "<p>"+want+"</p>") {
			t.Errorf("%s does not say %q", code, want)
		}
	}
}
