package gateway

import "github.com/signet-auth/signet"

// A notice is the text of an error page: what happened, and what to do.
type notice struct{ title, text string }

// notices are the pages by language and code. They are fixed texts: nothing of a request is
// in them.
var notices = map[string]map[string]notice{
	"en": {
		"bad-request":       {"This address cannot be read", "The request was not understood. Check the address and try again."},
		"too-long":          {"This address is too long", "Check the address and try again."},
		"method":            {"That cannot be done here", "This page does not take requests of this kind."},
		"host":              {"Wrong address", "This site is not served under the name that was asked for."},
		"not-found":         {"There is no page here", "Check the address, or go back to where you came from."},
		"unauthorized":      {"Please sign in first", "You are not signed in, or not any more, and nothing was changed. Sign in, go back and send it once more."},
		"reconnect":         {"Please sign in again", "The access that this page needs has ended, and nothing was changed. Sign in again, go back and send it once more."},
		"forbidden":         {"You may not see this page", "You are signed in, but this page is for others. Ask whoever runs this site for access."},
		"cross-site":        {"This came from another site", "To be safe, nothing was changed. Open this site itself and try again."},
		"too-many-requests": {"Too many requests", "Wait a moment and try again."},
		"too-large":         {"That is too much", "What was sent is larger than this site takes."},
		"websocket-version": {"That cannot be done here", "This version of WebSocket is not known."},
		"upstream":          {"The site does not answer", "The server behind this page cannot be reached. Try again in a moment."},
		"timeout":           {"The site takes too long", "The server behind this page did not answer in time. Try again in a moment."},
		"unavailable":       {"Please wait a moment", "The site is busy. Try again in a moment."},
		"loop": {"Signing in does not last", "You were sent to sign in several times and came back without a session. " +
			"Likely causes: cookies are blocked in this browser; the site is open under another name than it is configured for (URL, cookie domain); " +
			"or it is configured for https and reached over http, or the other way round. Reload the page to try again."},
		"reconnect-loop": {"This page gets no access", "You signed in several times, and each time without the access to another service that this page needs. " +
			"Likely causes: you sign in another way than the page needs, or that service does not renew what it gave. " +
			"Sign in another way, or ask whoever runs this site. Reload the page to try again."},
	},
	"ko": {
		"bad-request":       {"주소를 읽을 수 없습니다", "요청을 이해하지 못했습니다. 주소를 확인하고 다시 시도해 주세요."},
		"too-long":          {"주소가 너무 깁니다", "주소를 확인하고 다시 시도해 주세요."},
		"method":            {"여기서는 할 수 없는 요청입니다", "이 페이지는 이런 종류의 요청을 받지 않습니다."},
		"host":              {"주소가 다릅니다", "요청한 이름으로는 이 사이트를 제공하지 않습니다."},
		"not-found":         {"페이지가 없습니다", "주소를 확인하거나 이전 페이지로 돌아가 주세요."},
		"unauthorized":      {"먼저 로그인해 주세요", "로그인되어 있지 않거나 로그인이 끝나서 아무것도 변경하지 않았습니다. 로그인하고 돌아가서 다시 보내 주세요."},
		"reconnect":         {"다시 로그인해 주세요", "이 페이지에 필요한 접근 권한이 끝나서 아무것도 변경하지 않았습니다. 다시 로그인하고 돌아가서 다시 보내 주세요."},
		"forbidden":         {"이 페이지를 볼 수 없습니다", "로그인되어 있지만 이 페이지에 대한 권한이 없습니다. 사이트 관리자에게 문의해 주세요."},
		"cross-site":        {"다른 사이트에서 온 요청입니다", "안전을 위해 아무것도 변경하지 않았습니다. 이 사이트를 직접 열어 다시 시도해 주세요."},
		"too-many-requests": {"요청이 너무 많습니다", "잠시 후 다시 시도해 주세요."},
		"too-large":         {"너무 큽니다", "보낸 내용이 이 사이트에서 받을 수 있는 크기를 넘었습니다."},
		"websocket-version": {"여기서는 할 수 없는 요청입니다", "지원하지 않는 WebSocket 버전입니다."},
		"upstream":          {"사이트가 응답하지 않습니다", "이 페이지의 서버에 연결할 수 없습니다. 잠시 후 다시 시도해 주세요."},
		"timeout":           {"응답이 너무 늦습니다", "이 페이지의 서버가 제시간에 응답하지 않았습니다. 잠시 후 다시 시도해 주세요."},
		"unavailable":       {"잠시만 기다려 주세요", "사이트가 바쁩니다. 잠시 후 다시 시도해 주세요."},
		"loop": {"로그인이 유지되지 않습니다", "여러 번 로그인 페이지로 이동했지만 세션 없이 돌아왔습니다. " +
			"가능한 원인: 브라우저가 쿠키를 차단함, 설정된 이름(URL, 쿠키 도메인)과 다른 주소로 접속함, " +
			"https로 설정된 사이트에 http로 접속했거나 그 반대. 다시 시도하려면 새로고침해 주세요."},
		"reconnect-loop": {"이 페이지에 필요한 접근 권한이 없습니다", "여러 번 로그인했지만 이 페이지에 필요한 다른 서비스의 접근 권한을 받지 못했습니다. " +
			"가능한 원인: 이 페이지에 필요한 것과 다른 방법으로 로그인함, 그 서비스가 접근 권한을 갱신해 주지 않음. " +
			"다른 방법으로 로그인하거나 사이트 관리자에게 문의해 주세요. 다시 시도하려면 새로고침해 주세요."},
	},
}

// signIn is what leads on from a page, by language.
var signIn = map[string]string{"en": "Sign in", "ko": "로그인"}

// page writes an error page in the language of the browser. next is the address of the
// sign-in page where that is the next step, or empty.
func (x *crossing) page(status int, code, next string) {
	lang := x.g.auth.Client(x.r).Language
	n, ok := notices[lang][code]
	if !ok {
		n = notices[lang]["bad-request"]
	}
	page := signet.Notice{Title: n.title, Text: n.text, Wrong: true}
	if next != "" {
		page.NextURL, page.NextIs = next, signIn[lang]
	}
	x.g.auth.Notice(x.w, x.r, status, page)
}
