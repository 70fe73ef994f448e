package signet

import (
	"net/http"
	"net/url"
)

func (x *exchange) mail(p registered, w waiting, m Mail) { x.fail("error", kindConfiguration, nil) }

func (x *exchange) getMailed(p registered, fields url.Values) {
	x.fail("error", kindConfiguration, nil)
}

func (x *exchange) postMailed(p registered) { x.draw(http.StatusOK, x.errorPage("Verification")) }
