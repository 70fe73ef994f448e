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
	x.draw(http.StatusOK, pages.VerifyRequest{SignInURL: x.pageURL("signin", nil)})
}
