package signet

import (
	"net/http"

	"github.com/signet-auth/signet/pages"
)

func (x *exchange) errorPage(kind string) pages.Error {
	return pages.Error{Code: kind, SignInURL: x.pageURL("signin", nil)}
}

// errorStatus is the status of the error page: never 5xx for a code that is known.
func errorStatus(kind string) int {
	if kind == "" {
		return http.StatusOK
	}
	return pages.ErrorStatus(kind)
}

func (x *exchange) getVerifyRequest(string) {
	if x.custom("verify-request", x.a.config.Pages.VerifyRequest, x.r.URL.Query()) {
		return
	}
	page := pages.VerifyRequest{SignInURL: x.pageURL("signin", nil)}
	if p, ok := x.a.provider(x.r.URL.Query().Get("provider")); ok && p.info.Type == "email" {
		for _, w := range x.attempts(x.wire.attemptsName(p.info)) {
			if w.Provider == p.info.ID && w.To != "" {
				page = x.verifyRequest(p, w)
			}
		}
	}
	x.draw(http.StatusOK, page)
}
