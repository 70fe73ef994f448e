package pages_test

import (
	"strings"
	"testing"

	"github.com/signet-auth/signet/pages"
)

func TestDescribe(t *testing.T) {
	const webkit = " AppleWebKit/537.36 (KHTML, like Gecko) "
	tests := []struct{ agent, en, ko string }{
		{androidChrome, "Chrome on Android", "Android · Chrome"},
		{macSafari, "Safari on Mac", "Mac · Safari"},
		{windowsEdge, "Edge on Windows", "Windows · Edge"},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0", "Firefox on Linux", "Linux · Firefox"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X)" + webkit + "CriOS/137.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone", "iPhone · Chrome"},
		{"Mozilla/5.0 (iPad; CPU OS 18_4 like Mac OS X)" + webkit + "Version/18.4 Mobile/15E148 Safari/604.1", "Safari on iPad", "iPad · Safari"},
		{"Mozilla/5.0 (Linux; Android 14; SM-S921N)" + webkit + "SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36", "Samsung Internet on Android", "Android · 삼성 인터넷"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64)" + webkit + "Chrome/134.0 Whale/4.31 Safari/537.36", "Whale on Windows", "Windows · 웨일"},
		{"Mozilla/5.0 (Linux; Android 14; wv)" + webkit + "Version/4.0 Chrome/137.0 Mobile Safari/537.36;KAKAOTALK 2510", "KakaoTalk on Android", "Android · 카카오톡"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X)" + webkit + "Safari/604.1 NAVER(inapp; search; 2000; 12.12)", "NAVER app on iPhone", "iPhone · 네이버 앱"},
		{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)" + webkit + "Chrome/137.0 Safari/537.36", "Chrome on ChromeOS", "ChromeOS · Chrome"},
		{"curl/8.14.1", "curl", "curl"},
		{"Mozilla/5.0 (Windows NT 10.0)", "Windows", "Windows"},
		{"", "Unknown device", "알 수 없는 기기"},
		{"<script>alert(1)</script>", "Unknown device", "알 수 없는 기기"},
		{strings.Repeat("x", 512) + "Firefox/1.0", "Unknown device", "알 수 없는 기기"},
	}
	for _, tt := range tests {
		t.Run(tt.en, func(t *testing.T) {
			if got := pages.Describe(tt.agent, "en"); got != tt.en {
				t.Errorf("Describe(%.60q, en) = %q, want %q", tt.agent, got, tt.en)
			}
			if got := pages.Describe(tt.agent, "ko"); got != tt.ko {
				t.Errorf("Describe(%.60q, ko) = %q, want %q", tt.agent, got, tt.ko)
			}
		})
	}
}
