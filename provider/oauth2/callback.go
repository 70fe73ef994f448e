package oauth2

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/signet-auth/signet"
)

// answers are the parameters of an authorization answer that we act on.
var answers = []string{"code", "state", "iss", "error", "error_description", "error_uri"}

// registered are the errors of RFC 6749 section 4.1.2.1 and OpenID Connect Core section
// 3.1.2.6. Any other word of a provider is for the log alone.
var registered = []string{
	"invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope",
	"server_error", "temporarily_unavailable", "interaction_required", "login_required",
	"account_selection_required", "consent_required",
}

// maxCode is the longest code, in bytes. Apple's and Entra's have more than a thousand.
const maxCode = 4 << 10

// code checks what the visitor's browser brought and gives the code in it. All that is
// wrong with it gives a [*signet.Refused]: anybody can write such a query.
func (f Flow) code(a *signet.Attempt) (string, error) {
	for name, values := range a.Fields {
		base, _, array := strings.Cut(name, "[") // code[]=… and code[0]=… are a second code elsewhere
		if slices.Contains(answers, base) && (array || len(values) != 1) {
			return "", refused("callback", errors.New("oauth2: the answer has a parameter twice"))
		}
	}
	// Package signet has found the attempt by its state; a provider must not depend on it.
	if a.ID == "" || subtle.ConstantTimeCompare([]byte(a.Fields.Get("state")), []byte(a.ID)) != 1 {
		return "", refused("callback", errors.New("oauth2: the answer has another state"))
	}
	if err := f.checkIssuer(a); err != nil {
		return "", err
	}
	if a.Fields.Has("error") {
		return "", said(a.Fields.Get("error"), a.Fields.Get("error_description"))
	}
	code := a.Fields.Get("code")
	if code == "" || len(code) > maxCode || !visible(code) {
		return "", refused("callback", errors.New("oauth2: the answer has no code that can be one"))
	}
	return code, nil
}

// checkIssuer compares iss: RFC 9207 section 2.4. An answer of another provider, brought to
// our callback to make us send its code to this one, is found out here.
func (f Flow) checkIssuer(a *signet.Attempt) error {
	iss, given := a.Fields.Get("iss"), a.Fields.Has("iss")
	switch {
	case given && f.Issuer != "" && iss != f.Issuer:
		return refused("callback", errors.New("oauth2: the answer is of another issuer"))
	case !given && f.IssuerInAnswer:
		return refused("callback", errors.New("oauth2: the answer does not name its issuer"))
	}
	return nil
}

// said makes a refusal of the provider's error.
func said(code, text string) error {
	shown := "callback"
	if slices.Contains(registered, code) {
		shown = code
	}
	return refused(shown, fmt.Errorf("oauth2: the provider says %s %s", quote(code), quote(text)))
}
