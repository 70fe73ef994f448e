package pages

import "strings"

// agentBytes bounds what is read of a User-Agent header.
const agentBytes = 512

// A sign is what a User-Agent header contains and what people call it.
type sign struct{ has, en, ko string }

// browsers are asked in this order: those built on another one name that one as well.
var browsers = []sign{
	{"KAKAOTALK", "KakaoTalk", "카카오톡"},
	{"NAVER(inapp", "NAVER app", "네이버 앱"},
	{"Instagram", "Instagram", "인스타그램"},
	{"FBAN/", "Facebook", "페이스북"},
	{"FBAV/", "Facebook", "페이스북"},
	{"Line/", "LINE", "라인"},
	{"Whale/", "Whale", "웨일"},
	{"SamsungBrowser/", "Samsung Internet", "삼성 인터넷"},
	{"Edg/", "Edge", "Edge"},
	{"EdgA/", "Edge", "Edge"},
	{"EdgiOS/", "Edge", "Edge"},
	{"OPR/", "Opera", "Opera"},
	{"OPT/", "Opera", "Opera"},
	{"Vivaldi/", "Vivaldi", "Vivaldi"},
	{"FxiOS/", "Firefox", "Firefox"},
	{"Firefox/", "Firefox", "Firefox"},
	{"CriOS/", "Chrome", "Chrome"},
	{"Electron/", "Desktop app", "데스크톱 앱"},
	{"Chrome/", "Chrome", "Chrome"},
	{"Safari/", "Safari", "Safari"},
	{"curl/", "curl", "curl"},
	{"Wget/", "Wget", "Wget"},
	{"PostmanRuntime/", "Postman", "Postman"},
	{"okhttp/", "Mobile app", "모바일 앱"},
	{"Dart/", "Mobile app", "모바일 앱"},
	{"CFNetwork/", "Mobile app", "모바일 앱"},
	{"python-", "Python program", "Python 프로그램"},
	{"Go-http-client/", "Go program", "Go 프로그램"},
	{"node", "Node.js program", "Node.js 프로그램"},
}

// systems are asked in this order: an iPad also claims to be like a Mac, Android to be a Linux.
var systems = []sign{
	{"iPhone", "iPhone", "iPhone"},
	{"iPad", "iPad", "iPad"},
	{"Android", "Android", "Android"},
	{"CrOS", "ChromeOS", "ChromeOS"},
	{"Windows", "Windows", "Windows"},
	{"Macintosh", "Mac", "Mac"},
	{"Linux", "Linux", "Linux"},
}

// Describe puts a User-Agent header in words that its owner recognises, such as "Chrome
// on Android". It is a guess for people and no ground for a decision. No part of the
// header is repeated, and only its first 512 bytes are read. lang is as in [Frame].
func Describe(userAgent, lang string) string {
	if len(userAgent) > agentBytes {
		userAgent = userAgent[:agentBytes]
	}
	w := wordsFor(lang)
	browser, system := name(browsers, userAgent, w), name(systems, userAgent, w)
	switch {
	case browser == "" && system == "":
		return w.UnknownAgent
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return strings.NewReplacer("{browser}", browser, "{system}", system).Replace(w.AgentOn)
}

func name(signs []sign, userAgent string, w *words) string {
	for _, s := range signs {
		if !strings.Contains(userAgent, s.has) {
			continue
		}
		if w.Lang == "ko" {
			return s.ko
		}
		return s.en
	}
	return ""
}
