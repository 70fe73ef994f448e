package pages_test

import (
	"time"

	"github.com/signet-auth/signet/pages"
)

const (
	back    = "https://orchard.example/posts"
	mina    = "mina.kim@example.com"
	session = "/api/auth/signin"
)

// mailSamples are the pages around mailed links and further questions.
func mailSamples(frame pages.Frame) []sample {
	code := pages.VerifyRequest{Email: mina, Life: 10 * time.Minute, SignInURL: session,
		CodeAction: "/api/auth/callback/email", CSRF: "0123abcd", CallbackURL: back}
	wrong, reset := code, code
	wrong.Error = "Verification"
	reset.Kind, reset.CodeAction = "reset", ""
	link := pages.Confirm{Action: "/api/auth/callback/email", CSRF: "0123abcd", Token: "c2VjcmV0", CallbackURL: back, Email: mina, SignInURL: session}
	change, elsewhere := link, link
	change.Kind = "change"
	elsewhere.OtherBrowser = true
	signedOut := elsewhere
	signedOut.Kind = "verify"
	forgot := pages.Forgot{Action: "/api/auth/forgot", CSRF: "0123abcd", CallbackURL: back, SignInURL: session}
	mistyped := forgot
	mistyped.Error, mistyped.Email = "InvalidEmail", "mina@example"
	fresh := pages.NewPassword{Action: "/api/auth/reset", CSRF: "0123abcd", Token: "c2VjcmV0", Email: mina, MinLength: 15, SignInURL: session}
	refused := fresh
	refused.Error, refused.Again = "common", true
	ask := pages.Ask{Action: "/api/auth/callback/corp", CSRF: "0123abcd", CallbackURL: back, Attempt: "b25l", Provider: say(frame, "Orchard Staff", "과수원 직원"),
		Fields: []pages.Field{{Name: "code"}}, SignInURL: session}
	again := ask
	again.Title, again.Error = say(frame, "Which farm?", "어느 농장인가요?"), "CredentialsSignin"
	again.Said = say(frame, "There is no such farm.", "그런 농장은 없습니다.")
	again.Fields = []pages.Field{{Name: "farm", Label: say(frame, "Farm", "농장"), Autocomplete: "organization"}, {Name: "round", Type: "hidden", Value: "2"}}
	return []sample{
		{"verify-code", frame, code},
		{"verify-code-wrong", frame, wrong},
		{"verify-reset", frame, reset},
		{"confirm", frame, link},
		{"confirm-change", frame, change},
		{"confirm-elsewhere", frame, elsewhere},
		{"confirm-signed-out", frame, signedOut},
		{"forgot", frame, forgot},
		{"forgot-mistyped", frame, mistyped},
		{"new-password", frame, fresh},
		{"new-password-refused", frame, refused},
		{"ask", frame, ask},
		{"ask-again", frame, again},
	}
}

// waySamples are the pages with many providers.
func waySamples(frame, signedIn pages.Frame, in pages.SignIn, account pages.Account) []sample {
	all := in
	all.ForgotURL = "/api/auth/forgot"
	for _, pr := range []pages.Provider{
		{ID: "google", Name: "Google"}, {ID: "github", Name: "GitHub"}, {ID: "apple", Name: "Apple"}, {ID: "discord", Name: "Discord"},
		{ID: "microsoft-entra-id", Name: "Microsoft"}, {ID: "gitlab", Name: "GitLab"}, {ID: "facebook", Name: "Facebook"}, {ID: "line", Name: "LINE"},
		{ID: "twitter", Name: "X"}, {ID: "linkedin", Name: "LinkedIn"}, {ID: "slack", Name: "Slack"}, {ID: "twitch", Name: "Twitch"}, {ID: "spotify", Name: "Spotify"},
		{ID: "kakao", Name: say(frame, "Kakao", "카카오"), Region: "ko"}, {ID: "naver", Name: say(frame, "Naver", "네이버"), Region: "ko"},
		{ID: "corp", Name: "Orchard Works"},
	} {
		pr.Type, pr.Action = "oauth", session+"/"+pr.ID
		all.Providers = append(all.Providers, pr)
	}
	account.CallbackURL, account.Done = "https://orchard.example/account", "WayAdded"
	account.VerifyAction, account.ChangeEmailAction, account.PasswordAction = "/api/auth/account/verify", "/api/auth/account/email", "/api/auth/account/password"
	account.MinLength, account.Again, account.SignInURL = 15, true, session
	account.Sessions = account.Sessions[:2]
	account.Ways = []pages.Way{
		{ID: "google", Name: "Google", LinkAction: session + "/google"},
		{ID: "kakao", Name: say(frame, "Kakao", "카카오"), Who: mina, Linked: true, Removable: true, UnlinkAction: "/api/auth/account/unlink"},
		{ID: "credentials", Name: say(frame, "Password", "비밀번호"), Linked: true, Removable: true, Confirm: true, UnlinkAction: "/api/auth/account/unlink"},
		{ID: "github", Name: "GitHub", LinkAction: session + "/github"},
	}
	single, taken, stale := account, account, account
	single.Ways, single.EmailVerified, single.HasPassword, single.Done = account.Ways[:2:2], true, true, ""
	single.Ways = []pages.Way{{ID: "github", Name: "GitHub", Who: "minakim", Linked: true}, account.Ways[0]}
	single.Error = "common"
	taken.Done, taken.Error, taken.NewEmail = "", "EmailTaken", "mina@orchard.example"
	stale.Done, stale.Error, stale.Ways = "", "SessionRequired", nil
	return []sample{
		{"signin-all", frame, all},
		{"account-ways", signedIn, account},
		{"account-single", signedIn, single},
		{"account-taken", signedIn, taken},
		{"account-stale", signedIn, stale},
	}
}

// say chooses the language of the frame.
func say(f pages.Frame, en, ko string) string {
	if f.Lang == "ko" {
		return ko
	}
	return en
}
