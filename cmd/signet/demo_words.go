package main

// demoWords are the words on the pages of the demo.
type demoWords struct {
	Lang, Site string

	Home, Nobody, Try, SignedIn     string
	SignIn, SignUp, SignOut         string
	You, Account, ToPosts           string
	Session, SessionIs, SessionNull string
	Look                            string
	LookPosts, LookAPI, LookSession string
	Posts, PostsFor, Draft, NoName  string
	NoPosts, NoPostsWhy, Back       string
}

func demoWordsFor(lang string) *demoWords {
	if lang == "ko" {
		return &demoKorean
	}
	return &demoEnglish
}

var demoEnglish = demoWords{
	Lang: "en", Site: "Signet demo",
	Home:        "Start page",
	Nobody:      "Nobody is signed in",
	Try:         "Sign in as demo@example.com. The password is in the terminal where the demo was started.",
	SignedIn:    "Signed in",
	SignIn:      "Sign in",
	SignUp:      "Create an account",
	SignOut:     "Sign out",
	You:         "You",
	Account:     "Your account",
	ToPosts:     "See your posts",
	Session:     "The session",
	SessionIs:   "This is all that a page learns about you. The cookie itself is sealed.",
	SessionNull: "Without a sign-in it is null.",
	Look:        "Look around",
	LookPosts:   "A protected page. Signed out, it sends you to sign in and brings you back.",
	LookAPI:     "The same posts for scripts. Without a session they get 401.",
	LookSession: "The session as JSON.",
	Posts:       "Your posts",
	PostsFor:    "Only you can see this page.",
	Draft:       "Draft",
	NoName:      "No name",
	NoPosts:     "No posts yet",
	NoPostsWhy:  "The demo has posts for demo@example.com only. This page shows all the same that you are signed in.",
	Back:        "Back to the start page",
}

var demoKorean = demoWords{
	Lang: "ko", Site: "Signet 데모",
	Home:        "첫 화면",
	Nobody:      "로그인하지 않았습니다",
	Try:         "demo@example.com으로 로그인해 보세요. 비밀번호는 데모를 실행한 터미널에 있습니다.",
	SignedIn:    "로그인됨",
	SignIn:      "로그인",
	SignUp:      "회원 가입",
	SignOut:     "로그아웃",
	You:         "내 메뉴",
	Account:     "내 계정",
	ToPosts:     "내 글 보기",
	Session:     "세션",
	SessionIs:   "페이지가 알 수 있는 것은 이것이 전부입니다. 쿠키는 봉인되어 있습니다.",
	SessionNull: "로그인하지 않으면 null입니다.",
	Look:        "둘러보기",
	LookPosts:   "보호된 페이지입니다. 로그아웃 상태라면 로그인 화면으로 갔다가 돌아옵니다.",
	LookAPI:     "같은 글을 스크립트에 돌려줍니다. 세션이 없으면 401입니다.",
	LookSession: "세션을 JSON으로 보여 줍니다.",
	Posts:       "내 글",
	PostsFor:    "이 페이지는 본인만 볼 수 있습니다.",
	Draft:       "임시 글",
	NoName:      "이름 없음",
	NoPosts:     "아직 글이 없습니다",
	NoPostsWhy:  "데모에는 demo@example.com의 글만 있습니다. 그래도 이 페이지가 보이면 로그인된 것입니다.",
	Back:        "첫 화면으로",
}
