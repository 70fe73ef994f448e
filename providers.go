package signet

import "net/http"

// getProviders lists the ways to sign in, for the clients.
func (x *exchange) getProviders(string) {
	b := []byte{'{'}
	for i, p := range x.a.providers {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, p.info.ID)
		b = append(b, `:{"id":`...)
		b = appendText(b, p.info.ID)
		b = append(b, `,"name":`...)
		b = appendText(b, p.info.Name)
		b = append(b, `,"type":`...)
		b = appendText(b, p.info.Type)
		b = append(b, `,"signinUrl":`...)
		b = appendText(b, x.base+"/signin/"+p.info.ID)
		b = append(b, `,"callbackUrl":`...)
		b = appendText(b, x.base+"/callback/"+p.info.ID)
		b = append(b, '}')
	}
	x.json(http.StatusOK, append(b, '}'))
}
