package main

import (
	"crypto/hkdf"
	"crypto/sha256"
	"time"
)

const (
	secret = "bench-secret-0123456789abcdefghijklmnop"
	email  = "minsu@example.com"

	// cookieV5 is the salt of version 5.
	cookieV5 = "authjs.session-token"

	// claims is a session as it is after a sign-in with one upstream token. Formats with
	// times of their own put theirs in the place of these, which take as much room.
	claims = `{"name":"Kim Minsu","email":"` + email + `","picture":"https://img.example.com/u/1001.png","sub":"u-1001","role":"editor",` +
		`"accessToken":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab","iat":1767225600,"exp":4102444800,"jti":"0b7c1d52-4a9e-4d6b-9f3a-2c8e5d1f7a60"}`
)

// A session is what an app has its claims decoded into.
type session struct {
	Subject     string `json:"sub"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	Picture     string `json:"picture"`
	Role        string `json:"role"`
	AccessToken string `json:"accessToken"`
	Issued      int64  `json:"iat"`
	Expires     int64  `json:"exp"`
	ID          string `json:"jti"`
}

// over tells whether the time in the claims is up, for peers that leave it to the caller.
func (s session) over() bool { return time.Now().Unix() >= s.Expires }

// keyV5 and keyV4 are the keys that Auth.js derives, for whoever has no word of Auth.js.
func keyV5() ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(secret), []byte(cookieV5), "Auth.js Generated Encryption Key ("+cookieV5+")", 64)
}

func keyV4() ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(secret), nil, "NextAuth.js Generated Encryption Key", 32)
}

// allRows puts together what is compared, group by group.
func allRows(node *nodeProcess) ([]*row, error) {
	values := node.hello.Values
	made := map[string][]*row{}
	add := func(rows []*row, err error) error {
		for _, r := range rows {
			r.node = node
			made[r.format+r.work] = append(made[r.format+r.work], r)
		}
		return err
	}
	for _, make := range []func(map[string]string) ([]*row, error){limitRows, ourRows, encryptedPeers, signedPeers, likePeers} {
		if err := add(make(values)); err != nil {
			return nil, err
		}
	}
	var foreign []*row
	for _, r := range node.hello.Rows {
		foreign = append(foreign, &row{format: r.Format, work: r.Work, name: r.Name, side: nodePeer})
	}
	if err := add(foreign, nil); err != nil {
		return nil, err
	}
	var rows []*row
	for _, format := range []string{"v5", "v4", "HS256", "iron"} {
		rows = append(rows, made[format+"open"]...)
		rows = append(rows, made[format+"seal"]...)
	}
	return rows, nil
}
