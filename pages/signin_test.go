package pages_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/pages"
)

var password = pages.Provider{ID: "credentials", Name: "Password", Type: "credentials", Action: "/callback/credentials",
	Fields: []pages.Field{{Name: "email"}, {Name: "password"}}}

func buttons(t *testing.T, p pages.SignIn) (words []string) {
	t.Helper()
	for _, b := range only(inspect(t, render(t, pages.Frame{}, p)), "button") {
		words = append(words, strings.TrimSpace(b.text))
	}
	return words
}

func TestSignInOffersWays(t *testing.T) {
	button := func(id, name string) pages.Provider {
		return pages.Provider{ID: id, Name: name, Type: "oauth", Action: "/signin/" + id}
	}
	second := password
	second.Name = "Staff"
	tests := []struct {
		name string
		in   []pages.Provider
		want []string
	}{
		{"credentials first, the others in their order", []pages.Provider{button("github", "GitHub"), password, button("kakao", "Kakao")},
			[]string{"Sign in", "Continue with GitHub", "Continue with Kakao"}},
		{"two forms are told apart", []pages.Provider{password, second}, []string{"Sign in with Password", "Sign in with Staff"}},
		{"credentials without fields are left out", []pages.Provider{{ID: "credentials", Type: "credentials", Action: "/x"}}, nil},
		{"passkeys without fields are left out", []pages.Provider{{ID: "passkey", Type: "webauthn", Action: "/x"}}, nil},
		{"mail needs no fields", []pages.Provider{{ID: "email", Type: "email", Action: "/x"}}, []string{"Email me a sign-in link"}},
		{"the ID stands in for the name", []pages.Provider{button("corp", " ")}, []string{"CContinue with corp"}},
		{"no name at all", []pages.Provider{button("", "")}, []string{"AContinue with another account"}},
		{"an action that is not for the web", []pages.Provider{{ID: "x", Type: "oauth", Action: "javascript:alert(1)"}, {ID: "y", Type: "oauth", Action: "//evil.example"}}, nil},
		{"none", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := pages.SignIn{Providers: tt.in}
			if got := buttons(t, p); !slices.Equal(got, tt.want) {
				t.Errorf("buttons = %q, want %q", got, tt.want)
			}
			says := strings.Contains(render(t, pages.Frame{}, p), "There is no way to sign in yet")
			if says != (tt.want == nil) {
				t.Errorf("page says that there is no way in: %v", says)
			}
		})
	}
}

// inputs are the visible inputs of a page.
func inputs(t *testing.T, p pages.Page) (found []*tag) {
	t.Helper()
	for _, in := range only(inspect(t, render(t, pages.Frame{}, p)), "input") {
		if in.attr["type"] != "hidden" {
			found = append(found, in)
		}
	}
	return found
}

func TestFieldsKnowTheirHabits(t *testing.T) {
	tests := []struct {
		field              pages.Field
		kind, complete     string
		value, placeholder string
	}{
		{pages.Field{Name: "email"}, "email", "username", "mina@example.com", ""},
		{pages.Field{Name: "username"}, "text", "username", "mina@example.com", ""},
		{pages.Field{Name: "password", Value: "secret"}, "password", "current-password", "", ""},
		{pages.Field{Name: "pin", Type: "password", Value: "secret"}, "password", "current-password", "", ""},
		{pages.Field{Name: "code"}, "text", "one-time-code", "", ""},
		{pages.Field{Name: "phone"}, "tel", "tel", "", ""},
		{pages.Field{Name: "badge", Value: "7", Placeholder: "000"}, "text", "", "7", "000"},
		{pages.Field{Name: "login", Type: "email", Autocomplete: "work email"}, "email", "work email", "mina@example.com", ""},
		{pages.Field{Name: "odd", Type: "submit"}, "text", "", "", ""},
		{pages.Field{Name: "image", Type: "image"}, "text", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.field.Name, func(t *testing.T) {
			in := inputs(t, pages.SignIn{Email: "mina@example.com", Providers: []pages.Provider{
				{Type: "credentials", Action: "/x", Fields: []pages.Field{tt.field}}}})
			if len(in) != 1 {
				t.Fatalf("%d inputs, want 1", len(in))
			}
			a := in[0].attr
			if a["name"] != tt.field.Name || a["type"] != tt.kind || a["autocomplete"] != tt.complete || a["value"] != tt.value || a["placeholder"] != tt.placeholder {
				t.Errorf("input = %v", a)
			}
		})
	}
}

func TestFieldsCannotTakeTheNamesOfTheForm(t *testing.T) {
	page := render(t, pages.Frame{}, pages.SignIn{CSRF: "right", CallbackURL: "/right", Providers: []pages.Provider{
		{Type: "credentials", Action: "/x", Fields: []pages.Field{{Name: "email"}, {Name: "csrfToken", Type: "hidden", Value: "wrong"},
			{Name: "callbackUrl", Value: "/wrong"}, {Name: "", Value: "wrong"}, {Name: "tenant", Type: "hidden", Value: "seven"}}}}})
	got := map[string]string{}
	for _, in := range only(inspect(t, page), "input") {
		got[in.attr["name"]] += in.attr["value"]
	}
	if len(got) != 4 || got["csrfToken"] != "right" || got["callbackUrl"] != "/right" || got["tenant"] != "seven" {
		t.Errorf("inputs = %v", got)
	}
}

func TestErrorIsTiedToWhatIsWrong(t *testing.T) {
	mail := pages.Provider{ID: "email", Type: "email", Action: "/signin/email"}
	tests := []struct {
		name string
		page pages.Page
		want string // names of wrong inputs
	}{
		{"wrong password", pages.SignIn{Error: "CredentialsSignin", Providers: []pages.Provider{password, mail}}, "email password"},
		{"mail not sent", pages.SignIn{Error: "EmailSignin", Providers: []pages.Provider{password, mail}}, "w2-1"},
		{"nothing in particular", pages.SignIn{Error: "Busy", Providers: []pages.Provider{password}}, ""},
		{"address taken", pages.SignUp{Action: "/x", Error: "EmailTaken"}, "email"},
		{"weak password", pages.SignUp{Action: "/x", Error: "common", Again: true}, "password"},
		{"passwords differ", pages.SignUp{Action: "/x", Error: "PasswordMismatch", Again: true}, "passwordAgain"},
		{"wrong code", pages.VerifyRequest{CodeAction: "/x", Error: "Verification"}, "code"},
		{"wrong code for a provider", pages.Ask{Error: "WrongCode", Fields: []pages.Field{{Name: "farm"}, {Name: "code"}}}, "code"},
		{"no such person for a provider", pages.Ask{Error: "CredentialsSignin", Fields: []pages.Field{{Name: "farm"}, {Name: "code"}}}, "farm code"},
		{"mistyped address", pages.Forgot{Error: "InvalidEmail"}, "email"},
		{"weak new password", pages.NewPassword{Error: "yours", Again: true}, "password"},
		{"new passwords differ", pages.NewPassword{Error: "PasswordMismatch", Again: true}, "passwordAgain"},
		{"taken new address", pages.Account{Error: "EmailTaken", ChangeEmailAction: "/x", PasswordAction: "/y"}, "email"},
		{"name too long", pages.SignUp{Action: "/x", Error: "InvalidName"}, "name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var wrong []string
			for _, in := range inputs(t, tt.page) {
				if in.attr["aria-invalid"] != "true" {
					continue
				}
				if strings.HasPrefix(tt.want, "w") {
					wrong = append(wrong, in.attr["id"])
				} else {
					wrong = append(wrong, in.attr["name"])
				}
			}
			if got := strings.Join(wrong, " "); got != tt.want {
				t.Errorf("wrong inputs = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOwnWordsOfABackEndAreShown(t *testing.T) {
	p := pages.SignIn{Error: "AccessDenied", Said: "Your trial ended on <1 March>. " + strings.Repeat("Sorry. ", 100), RetryAfter: time.Minute}
	page := render(t, pages.Frame{}, p)
	if !strings.Contains(page, "Your trial ended on &lt;1 March&gt;. Sorry.") || strings.Count(page, "Sorry.") > 50 {
		t.Error("what the back end said is missing or without end")
	}
}

func TestReturnURLIsCarriedUnchanged(t *testing.T) {
	long := "https://orchard.example/" + strings.Repeat("a", 4096)
	for url, want := range map[string]string{
		`https://orchard.example/?q="a"&b='c'+%20<d>`: `https://orchard.example/?q="a"&b='c'+%20<d>`,
		long: "",
	} {
		for _, p := range []pages.Page{pages.SignIn{CallbackURL: url, Providers: []pages.Provider{password}}, pages.SignUp{CallbackURL: url}, pages.SignOut{CallbackURL: url},
			pages.VerifyRequest{CodeAction: "/x", CallbackURL: url}, pages.Confirm{Action: "/x", CallbackURL: url}, pages.Forgot{CallbackURL: url},
			pages.NewPassword{CallbackURL: url}, pages.Ask{CallbackURL: url},
			pages.Account{CallbackURL: url, Ways: []pages.Way{{ID: "x", LinkAction: "/x"}}}} {
			got := ""
			for _, in := range only(inspect(t, render(t, pages.Frame{}, p)), "input") {
				if in.attr["name"] == "callbackUrl" {
					got = in.attr["value"]
				}
			}
			if got != want {
				t.Errorf("%T carries %.50q, want %.50q", p, got, want)
			}
		}
	}
}

func TestSignUpAsksForALongPassword(t *testing.T) {
	for _, in := range inputs(t, pages.SignUp{Action: "/x", MinLength: 15, Again: true}) {
		if in.attr["type"] != "password" {
			continue
		}
		if in.attr["autocomplete"] != "new-password" || in.attr["minlength"] != "15" {
			t.Errorf("password input = %v", in.attr)
		}
		if _, cut := in.attr["maxlength"]; cut {
			t.Error("maxlength would cut a pasted password without a word")
		}
	}
	if page := render(t, pages.Frame{}, pages.SignUp{Action: "/x", MinLength: -1}); strings.Contains(page, "minlength") || strings.Contains(page, "At least") {
		t.Error("a hint without a length")
	}
}
