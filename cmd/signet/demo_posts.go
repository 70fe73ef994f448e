package main

// A post is one of the tutorials' posts, with the member names that Prisma gives them.
type post struct {
	ID        int        `json:"id"`
	Title     string     `json:"title"`
	Content   string     `json:"content"`
	Published bool       `json:"published"`
	AuthorID  string     `json:"authorId"`
	Author    postAuthor `json:"author"`

	Lang string `json:"-"` // that it is written in
}

type postAuthor struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

// posts are kept in memory and never change: they are there to be protected.
type posts struct {
	byAuthor map[string][]post
}

func demoPosts(author string) *posts {
	return &posts{map[string][]post{author: {
		{ID: 1, Lang: "en", Title: "Who am I?", Published: true, AuthorID: author,
			Content: "This page asked for a session before it was drawn. Sign out, open it again, and you come back here after signing in."},
		{ID: 2, Lang: "ko", Title: "세션은 어디에 있나요?", Published: true, AuthorID: author,
			Content: "브라우저에는 봉인된 쿠키 하나만 있습니다. 열어 볼 수 있는 것은 서버뿐이고, 로그아웃하면 복사해 둔 쿠키도 더 이상 쓸 수 없습니다."},
		{ID: 3, Lang: "en", Title: "What next?", Published: false, AuthorID: author,
			Content: "Point next-auth/react at this address: it works as it is. The same posts are at /demo/api/posts for scripts that bring the cookie."},
	}}}
}

// of lists somebody's posts, which show the name and address that their session has.
func (p *posts) of(author, name, email string) []post {
	list := append([]post{}, p.byAuthor[author]...) // an empty list is [] in JSON
	for i := range list {
		list[i].Author = postAuthor{Email: email, Name: name}
	}
	return list
}
