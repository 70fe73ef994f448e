package pages_test

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet/pages"
)

// posted are the inputs of a page by name, and their attributes.
func posted(t *testing.T, p pages.Page) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for _, in := range only(inspect(t, render(t, pages.Frame{}, p)), "input") {
		found[in.attr["name"]] = in.attr
	}
	return found
}

func TestCodeIsSixDigits(t *testing.T) {
	p := pages.VerifyRequest{CodeAction: "/code", CSRF: "t", CallbackURL: "/back"}
	in := posted(t, p)
	want := map[string]string{"inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9]{6}", "maxlength": "6", "type": "text", "value": ""}
	for key, value := range want {
		if in["code"][key] != value {
			t.Errorf("%s = %q, want %q", key, in["code"][key], value)
		}
	}
	if len(in) != 3 || in["csrfToken"]["value"] != "t" || in["callbackUrl"]["value"] != "/back" {
		t.Errorf("the form posts %v", in)
	}
	for _, action := range []string{"", "//evil.example/code"} {
		if p.CodeAction = action; len(posted(t, p)) != 0 {
			t.Errorf("a form for the code that posts to %q", action)
		}
	}
}

func TestVerificationIsAboutTheCodeWhereThereIsOne(t *testing.T) {
	says := func(action string) string { // what the alert says
		p := pages.VerifyRequest{Error: "verification", CodeAction: action}
		for _, tg := range inspect(t, render(t, pages.Frame{}, p)) {
			if tg.attr["role"] == "alert" {
				return tg.text
			}
		}
		return ""
	}
	if got := says("/code"); !strings.Contains(got, pages.English.Sayings["wrongcode"].Title) {
		t.Errorf("with a form the page says %q", got)
	}
	if got := says(""); !strings.Contains(got, pages.English.Sayings["verification"].Title) {
		t.Errorf("without one it says %q", got)
	}
}

func TestEachMailHasItsWords(t *testing.T) {
	for kind, says := range pages.English.Mailings {
		sent := render(t, pages.Frame{}, pages.VerifyRequest{Kind: kind})
		if !strings.Contains(sent, says.Sent+" "+says.Open) {
			t.Errorf("%s: the page does not say %q", kind, says.Sent)
		}
		asks := render(t, pages.Frame{}, pages.Confirm{Kind: kind, Action: "/x"})
		if !strings.Contains(asks, says.Ask) || !strings.Contains(asks, ">"+says.Button+"</button>") {
			t.Errorf("%s: the page behind the link does not ask %q", kind, says.Ask)
		}
	}
	if render(t, pages.Frame{}, pages.Confirm{Kind: "party"}) != render(t, pages.Frame{}, pages.Confirm{Kind: "sign-in"}) {
		t.Error("a kind without words is not taken for a sign-in")
	}
}

func TestMailedLinkOffersToSignInWhereThatHelps(t *testing.T) {
	for _, tt := range []struct {
		kind  string
		other bool
		want  string
	}{{"sign-in", false, "Start again"}, {"sign-in", true, "Start again"}, {"", true, "Start again"}, {"verify", true, "Sign in"}, {"change", true, "Sign in"}, {"verify", false, ""}, {"change", false, ""}} {
		got := ""
		for _, a := range only(inspect(t, render(t, pages.Frame{}, pages.Confirm{Kind: tt.kind, OtherBrowser: tt.other, SignInURL: "/in"})), "a") {
			got += a.text
		}
		if got != tt.want {
			t.Errorf("%q, in another browser %v: offers %q, want %q", tt.kind, tt.other, got, tt.want)
		}
	}
}

func TestS43_ResetDoesNotTellWhoHasAnAccount(t *testing.T) {
	for lang, if_ := range map[string]string{"en": "If there is an account for", "ko": "가입한 계정이 있다면"} {
		page := render(t, pages.Frame{Lang: lang}, pages.VerifyRequest{Kind: "reset", Email: mina})
		if !strings.Contains(page, if_) || strings.Contains(page, "have sent") || strings.Contains(page, "보내 드렸어요") {
			t.Errorf("%s: the page speaks of an account:\n%s", lang, page)
		}
	}
}

func TestS53_MailedLinkNeedsAPost(t *testing.T) {
	p := pages.Confirm{Action: "/confirm", CSRF: "t", Token: `s"1`, CallbackURL: "/back", Email: mina}
	tags := inspect(t, render(t, pages.Frame{}, p))
	forms := only(tags, "form")
	if len(forms) != 1 || forms[0].attr["method"] != "post" || forms[0].attr["action"] != "/confirm" {
		t.Fatalf("forms = %v", forms)
	}
	for name, want := range map[string]string{"csrfToken": "t", "token": `s"1`, "callbackUrl": "/back", "email": mina} {
		if in := posted(t, p)[name]; in["value"] != want || in["type"] != "hidden" {
			t.Errorf("%s = %v, want %q", name, in, want)
		}
	}
	for _, a := range only(tags, "a") { // a program that follows links must find none that does it
		if strings.Contains(a.attr["href"], "s\"1") || strings.HasPrefix(a.attr["href"], "/confirm") {
			t.Errorf("a link to %q", a.attr["href"])
		}
	}
	p.OtherBrowser = true
	page := render(t, pages.Frame{}, p)
	if len(only(inspect(t, page), "form")) != 0 || strings.Contains(page, "s&#34;1") || strings.Contains(page, mina) {
		t.Error("another browser is shown a form, the secret or the address")
	}
	if !strings.Contains(page, pages.English.Mailings["sign-in"].ElsewhereText) {
		t.Error("another browser is not told where the link belongs")
	}
}

func TestSecretsThatAreTooLongAreLeftOut(t *testing.T) {
	long := strings.Repeat("a", 4097)
	for name, p := range map[string]pages.Page{
		"token":   pages.Confirm{Action: "/x", Token: long},
		"email":   pages.Confirm{Action: "/x", Email: long},
		"attempt": pages.Ask{Attempt: long},
	} {
		if in, ok := posted(t, p)[name]; ok {
			t.Errorf("%T carries a %s of %d bytes", p, name, len(in["value"]))
		}
	}
}

func TestNewPasswordIsFiledUnderItsOwner(t *testing.T) {
	in := posted(t, pages.NewPassword{Action: "/x", Token: "s1", Email: mina, MinLength: 15, Again: true})
	if e := in["email"]; e["value"] != mina || e["autocomplete"] != "username" {
		t.Errorf("email = %v", e)
	} else if _, fixed := e["readonly"]; !fixed {
		t.Error("the address can be changed")
	}
	for _, name := range []string{"password", "passwordAgain"} {
		a := in[name]
		if a["type"] != "password" || a["autocomplete"] != "new-password" || a["minlength"] != "15" {
			t.Errorf("%s = %v", name, a)
		}
		if _, cut := a["maxlength"]; cut {
			t.Error("maxlength would cut a pasted password without a word")
		}
	}
	if in["token"]["value"] != "s1" || in["token"]["type"] != "hidden" {
		t.Errorf("token = %v", in["token"])
	}
	if _, ok := posted(t, pages.NewPassword{Action: "/x"})["email"]; ok {
		t.Error("an empty address is shown")
	}
}

func TestQuestionsCannotTakeTheNamesOfTheForm(t *testing.T) {
	in := posted(t, pages.Ask{CSRF: "right", CallbackURL: "/right", Attempt: "right", Fields: []pages.Field{
		{Name: "attempt", Value: "wrong"}, {Name: "csrfToken", Type: "hidden", Value: "wrong"}, {Name: "callbackUrl", Value: "/wrong"},
		{Name: "round", Type: "hidden", Value: "2"}, {Name: "code"}}})
	if len(in) != 5 || in["attempt"]["value"] != "right" || in["csrfToken"]["value"] != "right" || in["callbackUrl"]["value"] != "/right" || in["round"]["value"] != "2" {
		t.Errorf("inputs = %v", in)
	}
}
